using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using static ControlTower.Sync.Publishing.Telling;

namespace ControlTower.Sync.Publishing;

/// <summary>A batch as it is sent.</summary>
/// <param name="Sent">How often it was sent, this time included.</param>
/// <param name="Changes">How many it holds.</param>
/// <param name="Repeats">False if the channel could take it twice: after a lost answer it is not sent again.</param>
internal sealed record ToldBatch(string Key, DateTimeOffset OpenedAt, int Sent, int Changes, VendorCommand Command, bool Repeats = true);

/// <summary>How a batch ended, whatever it told.</summary>
/// <param name="How"><c>done</c>; <c>stale</c>, something had changed meanwhile; <c>refused</c>; <c>dropped</c>, certainly not done.</param>
/// <param name="Culprit">The number of the change that the channel named.</param>
/// <param name="Counts">The failure is the changes' own and uses up an attempt.</param>
internal sealed record ToldEnd(string How, string? Message = null, int? Culprit = null, string? Failure = null, TimeSpan Pause = default, bool Counts = false);

/// <summary>What channels are told of one kind: how its store keeps the batches, and how one reads as a command.</summary>
internal interface IToldBatches<TBatch>
    where TBatch : class
{
    /// <summary>As it stands in the log of calls.</summary>
    string Purpose { get; }

    /// <summary>Opens the batch that is due; null if none is.</summary>
    Task<TBatch?> OpenAsync(string connection, CancellationToken cancel);

    /// <summary>Whether a batch waits to be sent again.</summary>
    Task<bool> IsWaitingAsync(string connection, CancellationToken cancel);

    ToldBatch Tell(ConnectionGate gate, TBatch batch);

    /// <summary>Whether a refusal says that something had changed meanwhile.</summary>
    bool IsStale(string code);

    Task SendAgainAsync(TBatch batch, TimeSpan pause, CancellationToken cancel);

    Task SettleAsync(TBatch batch, ToldEnd end, CancellationToken cancel);

    /// <summary>For the log.</summary>
    void Refused(string connection, int changes, Outcome.Refused refused);
}

/// <summary>
/// Sends what is stored to be told. A batch is the only one that is open: after a death or a lost answer the same is sent again under the same key before anything newer; one that never ends by being
/// sent is asked for once and then given up.
/// </summary>
internal sealed class BatchSender(Gateway.Gateway gateway, TimeProvider clock)
{
    /// <returns>False if a batch has no answer yet.</returns>
    public async Task<bool> SendOpenAsync<TBatch>(ConnectionGate gate, IToldBatches<TBatch> batches, CancellationToken cancel)
        where TBatch : class
    {
        while (await batches.OpenAsync(gate.Id, cancel) is { } batch)
        {
            var told = batches.Tell(gate, batch);
            var (end, outcome) = IsGivenUp(told.Sent, clock.GetUtcNow() - told.OpenedAt) || (told.Sent > 1 && !told.Repeats)
                ? (await GiveUpAsync(gate, batches.Purpose, told, cancel), null)
                : await TellAsync(gate, batches, told, cancel);
            if (end is null)
            {
                await batches.SendAgainAsync(batch, Words(outcome!).After ?? Pause(told.Sent), cancel);
                return false;
            }

            await batches.SettleAsync(batch, end, cancel);
        }

        return !await batches.IsWaitingAsync(gate.Id, cancel);
    }

    private async Task<(ToldEnd? End, Outcome? Outcome)> TellAsync<TBatch>(ConnectionGate gate, IToldBatches<TBatch> batches, ToldBatch told, CancellationToken cancel)
        where TBatch : class
    {
        var outcome = (await gateway.TellAsync(gate, told.Command, batches.Purpose, told.Sent, cancel)).What;
        if (outcome is Outcome.Refused refused && !batches.IsStale(refused.Code))
        {
            batches.Refused(gate.Id, told.Changes, refused);
        }

        return (End(outcome, told, batches.IsStale), outcome);
    }

    // Null: it has no answer and is sent again later.
    private static ToldEnd? End(Outcome outcome, ToldBatch told, Func<string, bool> isStale) => outcome switch
    {
        Outcome.Accepted => new ToldEnd("done"),
        Outcome.Refused stale when isStale(stale.Code) => new ToldEnd("stale", stale.Message, Named(stale, told.Changes), Pause: TimeSpan.FromSeconds(1)),
        Outcome.Refused shut when IsShut(shut) => new ToldEnd("dropped", $"{shut.Code}: {shut.Message}", Pause: LongestPause),
        Outcome.Refused refused => new ToldEnd("refused", $"{refused.Code}: {refused.Message}", Named(refused, told.Changes), Triage.Fingerprint.Word(refused.Kind)),
        // Nothing of it ever reached the channel: the newest word is better than this.
        Outcome.NotDone missed when told.Sent == 1 => new ToldEnd(
            "dropped", missed.Message, Failure: Triage.Fingerprint.Word(missed.Kind), Pause: missed.RetryAfter ?? Pause(told.Sent), Counts: missed.Kind is not (FailureKind.Connection or FailureKind.RateLimit)),
        _ => null,
    };

    /// <summary>It never ends by being sent, or sent again it could undo what moved meanwhile: it is asked for once, and what it holds is looked at anew.</summary>
    private async Task<ToldEnd> GiveUpAsync(ConnectionGate gate, string purpose, ToldBatch told, CancellationToken cancel)
    {
        var found = told.Sent > 1 && (await gateway.FindToldAsync(gate, told.Command, purpose, told.Sent, cancel)).What is LookUp.Found;
        return found ? new ToldEnd("done")
            : new ToldEnd("dropped", "It waited too long for an answer.", Failure: Triage.Fingerprint.Word(FailureKind.UnknownOutcome), Pause: Pause(1), Counts: told.Sent > 1);
    }
}
