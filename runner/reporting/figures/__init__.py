"""Drawing: functions from frames to figures."""
