def test_x():
    a = 1
  b = 2
