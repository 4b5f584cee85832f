"""What every HTTP request passes through, whoever it is for."""
