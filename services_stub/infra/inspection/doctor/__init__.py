"""`marketplace doctor`: examines the machine and its marketplace, and says what to do about all that is wrong."""
