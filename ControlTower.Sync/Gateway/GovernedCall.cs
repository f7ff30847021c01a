using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>One call of a client while it runs: whose budget its requests use, and what they said.</summary>
internal sealed class GovernedCall(ConnectionGate gate, DeliveryLane lane, string purpose, string? postingKey, long? flowId, int attempt) : CallScope
{
    private static readonly AsyncLocal<GovernedCall?> Running = new();

    // Names under which Shopify, Vendure and Tryton put errors into an answer that is a 200.
    private static readonly string[] ErrorWords = ["\"errors\"", "\"userErrors\"", "\"error\"", "\"errorCode\""];

    public static GovernedCall? Current
    {
        get => Running.Value;
        set => Running.Value = value;
    }

    public ConnectionGate Gate => gate;

    public DeliveryLane Lane => lane;

    public string Purpose => purpose;

    public List<CallRow> Requests { get; } = [];

    public CallRow Row(string verb, string path, DateTimeOffset startedAt) =>
        new(gate.Id, postingKey, flowId, purpose, lane, attempt, verb, path, null, "no-answer", null, null, null, startedAt, 0);

    /// <summary>An answer that speaks of an error, whatever its status.</summary>
    public static bool SpeaksOfError(string said) => ErrorWords.Any(word => said.Contains(word, StringComparison.Ordinal));

    /// <summary>Vendors say no in a 200 as well (GraphQL, JSON-RPC): an answer that speaks of an error is what the client made of it. One that does not was answered well, whatever we refused because of it.</summary>
    public void End(Outcome outcome)
    {
        if (Requests is [.., { Outcome: "ok", Response: { } said } last] && SpeaksOfError(said))
        {
            var word = outcome switch
            {
                Outcome.Refused { Kind: FailureKind.RateLimit } or Outcome.NotDone { Kind: FailureKind.RateLimit } => "throttled",
                Outcome.Refused => "refused",
                Outcome.NotDone => "failed",
                _ => last.Outcome,
            };
            Requests[^1] = last with { Outcome = word };
        }

        for (var i = 0; i < Requests.Count; i++)
        {
            if (Requests[i] is { Outcome: "ok", Headers: not null } well)
            {
                Requests[i] = well with { Headers = null };
            }
        }
    }

    public override void Charged(double cost, double available, double restoreRate, double capacity) => gate.Budget.Correct(available, restoreRate);
}
