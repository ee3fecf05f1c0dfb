from isthmus.engine import Silent


def test_silence_takes_every_step():
    with Silent().track("reading", 10) as advance:
        assert advance(3) is None
        assert advance(7) is None
