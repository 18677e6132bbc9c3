"""What the tests on real hosts share."""
