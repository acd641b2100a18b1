"""Training recorded runs again, and comparing with them and with published figures."""
