namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>An object of Stripe's that lacks what its schema promises, named by its field. Nothing of its page is told: money that is left out silently would look like a difference.</summary>
internal sealed class StripeFault(string message) : Exception(message)
{
    public FeedAnswer.Failed AsAnswer() => new(Http.HttpOutcome.Garbled(write: false, Message));
}
