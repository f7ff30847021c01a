using System.Diagnostics;
using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Outbox;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Reconciliation;
using ControlTower.Sync.Telemetry;
using ControlTower.Sync.Triage;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Reads what thin messages only hint at. None waits for ever unseen: what the vendor will not tell, or has not told for a day, is set aside with a case.
/// </summary>
public sealed class Fetches(TowerDataSources data, Gateway.Gateway gateway, ReadArrivals arrivals, LedgerArrivals ledger, ChangeNotifier changes, TimeProvider clock)
{
    private const int PerRound = 20;

    /// <returns>False if there may be more to read at once.</returns>
    public async Task<bool> RunAsync(ConnectionGate gate, CancellationToken cancel)
    {
        var due = await ErrandStore.FetchesAsync(data.Work, gate.Id, PerRound, cancel);
        foreach (var work in due)
        {
            if (gate.FreeSlots == 0)
            {
                return false;
            }

            using var span = TowerTelemetry.Start("tower.fetch", ActivityKind.Consumer, work.Trace);
            span?.SetTag("tower.connection", gate.Id);
            var request = new FeedRequest("", null, clock.GetUtcNow(), TimeSpan.Zero, work.Resource);
            switch ((await gateway.ReadAsync(gate, request, DeliveryLane.Live, cancel)).What)
            {
                case FeedAnswer.Page page:
                    await arrivals.StoreAsync(gate.Id, page.Items, connection => ErrandStore.EndFetchAsync(connection, work.Messages, cancel), cancel);
                    break;
                case FeedAnswer.Statement statement:
                    await ledger.StoreAsync(gate.Id, statement.Lines, connection => ErrandStore.EndFetchAsync(connection, work.Messages, cancel), cancel);
                    break;
                // Address and rights concern every call alike: waiting is better than one case for each message.
                case FeedAnswer.Failed { Why: Outcome.Refused { Kind: not FailureKind.Connection } refused }:
                    await SetAsideAsync(gate, work, refused.Kind, refused.Code, refused.Message, cancel);
                    break;
                case FeedAnswer.Failed { Why: var why } when work.Overdue:
                    await SetAsideAsync(gate, work, FailureKind.Missing, "never-read", $"What the message hints at could not be read for a day. The last answer: {Words(why)}", cancel);
                    break;
                case FeedAnswer.Failed:
                    await ErrandStore.FetchFailedAsync(data.Work, work.Messages, cancel);
                    break;
            }
        }

        return due.Count < PerRound;
    }

    private async Task SetAsideAsync(ConnectionGate gate, FetchWork work, FailureKind kind, string code, string text, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var ended = await ErrandStore.SetFetchAsideAsync(connection, work.Messages, code, cancel);
        var profile = gate.Connection.Profile;
        var cases = ended.ConvertAll(id => new NewCase(
            $"message/{id}", Fingerprint.Of(kind, gate.Id, code, null), Fingerprint.Word(kind), code, Titles.Of(kind, code, profile.Name), text, null, gate.Id, null, null, id, null, 0m, null,
            profile.Brand));
        if (cases.Count > 0)
        {
            await CaseStore.OpenAsync(connection, cases, cancel);
        }

        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases);
    }

    private static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Refused refused => $"{refused.Message} ({refused.Code})",
        Outcome.NotDone not => not.Message,
        Outcome.Unknown unknown => unknown.Message,
        _ => "",
    };
}
