import pytest

from sales_agent.config import Settings
from sales_agent.doctor import weak_secret


@pytest.mark.parametrize(
    ("url", "secret", "weak"),
    [
        ("ws://127.0.0.1:7880", "secret", False),  # `livekit-server --dev`
        ("wss://calls.example.com", "secret", True),
        ("ws://127.0.0.1:7880", "short", True),
        ("wss://calls.example.com", "a-secret-of-more-than-32-characters", False),
    ],
)
def test_a_secret_that_can_be_guessed_is_remarked_on(url: str, secret: str, weak: bool) -> None:
    remark = weak_secret(Settings(livekit_url=url, livekit_api_secret=secret))
    assert ("LIVEKIT_API_SECRET" in remark) == weak
