"""Reports for compliance, from the event log."""
