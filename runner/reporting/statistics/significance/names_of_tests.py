"""Names of tests in the column `test` on which the words and the decision of a comparison depend."""

CORRECTED_T = "paired corrected t"
NO_TEST = "none"  # the two variants do not share their folds
SIGN_TEST = "paired sign, exact"
