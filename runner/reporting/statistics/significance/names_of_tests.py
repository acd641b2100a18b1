"""Names of tests in the column `test`, on which a comparison's wording and decision depend."""

CORRECTED_T = "paired corrected t"
NO_TEST = "none"  # the two variants do not share their folds
SIGN_TEST = "paired sign, exact"
