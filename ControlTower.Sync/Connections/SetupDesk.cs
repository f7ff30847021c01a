using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using Npgsql;

namespace ControlTower.Sync.Connections;

/// <summary>
/// Sets connections up. Each write is one transaction with its audit entry, checks every rule anew, and may be repeated after any error: a second time changes nothing. Workers take
/// a change up within seconds. The audit names what was changed, never a value. The caller has checked the permission.
/// </summary>
public sealed class SetupDesk(TowerDataSources data, ConnectorCatalog connectors, SecretSeal seal, ConnectionTrial trial, AuditLog audit, ChangeNotifier changes)
{
    /// <summary>The permission under which the audit keeps these acts.</summary>
    public const string Configure = "connections:connection:configure";

    /// <summary>Secrets shorter than this do not show their ending.</summary>
    private const int LongEnough = 16;

    private static readonly IReadOnlyDictionary<string, string> NoSecrets = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Null if there is no such connection.</summary>
    public async Task<ConnectionInHand?> OpenAsync(string id, CancellationToken cancel = default)
    {
        if ((await ConnectionStore.AllAsync(data.Work, cancel)).Find(row => row.Id == id) is not { } row)
        {
            return null;
        }

        var (secrets, readable) = Secrets(row);
        return new ConnectionInHand(
            Draft(row), row.Version, secrets.ToDictionary(pair => pair.Key, pair => pair.Value.Length >= LongEnough ? pair.Value[^4..] : "", StringComparer.Ordinal), !readable, row.Disabled);
    }

    /// <summary>Keys and names of the ERPs that may keep the books of another system.</summary>
    public async Task<IReadOnlyList<(string Id, string Name)>> ErpsAsync(CancellationToken cancel = default) =>
        [.. (await ConnectionStore.AllAsync(data.Work, cancel)).Where(row => row.Role == "erp").Select(row => (row.Id, row.Name))];

    public async Task<SetupAnswer> AddAsync(ConnectionDraft draft, Actor actor, CancellationToken cancel = default)
    {
        if (await WrongAsync(draft, NoSecrets, cancel) is { Count: > 0 } wrong)
        {
            return new SetupAnswer.Wrong(wrong);
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await ConnectionSetupStore.AddAsync(connection, Row(draft, draft.Profile(NoSecrets).Secrets), cancel))
        {
            var there = await ConnectionStore.LockAsync(connection, draft.Id, cancel);
            return there is not null && Differences(there, Secrets(there), draft).Count == 0 && there.Kind == draft.Kind
                ? new SetupAnswer.AlreadySo()
                : new SetupAnswer.Wrong([new("id", "There is a connection with this key. Choose another key, or change that one.")]);
        }

        return await EndAsync(connection, transaction, Entry(actor, draft.Id, "add", ("kind", draft.Kind)), cancel);
    }

    /// <param name="version">The version that the person had opened.</param>
    public async Task<SetupAnswer> ChangeAsync(ConnectionDraft draft, int version, Actor actor, CancellationToken cancel = default)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await ConnectionStore.LockAsync(connection, draft.Id, cancel) is not { } row)
        {
            return new SetupAnswer.Gone();
        }

        var opened = Secrets(row);
        var differences = Differences(row, opened, draft);
        if (differences.Count == 0)
        {
            return new SetupAnswer.AlreadySo();
        }

        if (row.Version != version)
        {
            return new SetupAnswer.Changed(await ConnectionSetupStore.LastTouchAsync(connection, row.Id, Configure, cancel));
        }

        var wrong = await WrongAsync(draft with { Kind = row.Kind }, opened.Values, cancel);
        if (wrong.Count > 0 || (wrong = SecretRoute.Unseen(row.Settings, draft, opened.Values, connectors.Find(row.Kind))).Count > 0)
        {
            return new SetupAnswer.Wrong(wrong);
        }

        await ConnectionSetupStore.ChangeAsync(connection, Row(draft with { Kind = row.Kind }, draft.Profile(opened.Values).Secrets), cancel);
        return await EndAsync(connection, transaction, Entry(actor, row.Id, "change", ("changed", string.Join(", ", differences))), cancel);
    }

    /// <summary>Takes a connection out of use: nothing is sent, nothing is taken in, what waits for it stays. It is never deleted.</summary>
    /// <exception cref="ArgumentException">No reason is given, or it is too long.</exception>
    public Task<SetupAnswer> DisableAsync(string id, string reason, Actor actor, CancellationToken cancel = default)
    {
        reason = reason.Trim();
        return reason.Length is 0 or > ConnectionDesk.LongestReason
            ? throw new ArgumentException($"Give a reason of at most {ConnectionDesk.LongestReason} characters.", nameof(reason))
            : TurnAsync(id, Entry(actor, id, "disable") with { Reason = reason }, c => ConnectionSetupStore.DisableAsync(c, id, actor.Name, reason, cancel), cancel);
    }

    /// <summary>Takes it into use. What came with a configuration file waits for its secrets: without them, or with settings that cannot work, it stays as it is.</summary>
    public async Task<SetupAnswer> EnableAsync(string id, Actor actor, CancellationToken cancel = default)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await ConnectionStore.LockAsync(connection, id, cancel) is not { } row)
        {
            return new SetupAnswer.Gone();
        }

        if (await WrongAsync(Draft(row), Secrets(row).Values, cancel) is { Count: > 0 } wrong)
        {
            return new SetupAnswer.Wrong(wrong);
        }

        return await ConnectionSetupStore.EnableAsync(connection, id, cancel) > 0 ? await EndAsync(connection, transaction, Entry(actor, id, "enable"), cancel) : new SetupAnswer.AlreadySo();
    }

    /// <summary>
    /// Asks the system with these values, stored secrets filling in for those that were not typed. Changes nothing; that it was asked, and which host, stands in the audit.
    /// </summary>
    /// <returns>The answer, or what has to be mended before anybody is asked.</returns>
    public async Task<(IReadOnlyList<SettingProblem> Wrong, TrialAnswer? Answer)> TryAsync(ConnectionDraft draft, Actor actor, CancellationToken cancel = default)
    {
        var row = (await ConnectionStore.AllAsync(data.Work, cancel)).Find(r => r.Id == draft.Id);
        // Under a key that is taken by another system the stored secrets are not this system's to use.
        var stored = row is not null && row.Kind == draft.Kind ? Secrets(row).Values : NoSecrets;
        var wrong = await WrongAsync(draft, stored, cancel);
        if (wrong.Count > 0 || (row is not null && (wrong = SecretRoute.Unseen(row.Settings, draft, stored, connectors.Find(row.Kind))).Count > 0))
        {
            return (wrong, null);
        }

        var hosts = SecretRoute.Hosts(draft.Settings, connectors.Find(draft.Kind)).Where(host => host.Length > 0).Distinct(StringComparer.Ordinal);
        await audit.AppendAsync(Entry(actor, draft.Id, "try", ("kind", draft.Kind), ("hosts", string.Join(", ", hosts))), cancel);
        return ([], await trial.RunAsync(connectors.Of(draft.Kind), draft.Profile(stored), cancel));
    }

    private async Task<IReadOnlyList<SettingProblem>> WrongAsync(ConnectionDraft draft, IReadOnlyDictionary<string, string> stored, CancellationToken cancel) =>
        DraftRules.Check(draft, connectors.Find(draft.Kind), stored, [.. (await ErpsAsync(cancel)).Select(erp => erp.Id)]);

    private async Task<SetupAnswer> TurnAsync(string id, AuditEntry entry, Func<NpgsqlConnection, Task<int>> act, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        return await act(connection) > 0 ? await EndAsync(connection, transaction, entry, cancel)
            : await ConnectionStore.LockAsync(connection, id, cancel) is null ? new SetupAnswer.Gone()
            : new SetupAnswer.AlreadySo();
    }

    private async Task<SetupAnswer> EndAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEntry entry, CancellationToken cancel)
    {
        await audit.AppendAsync(connection, transaction, entry, cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Connections);
        return new SetupAnswer.Done();
    }

    private (IReadOnlyDictionary<string, string> Values, bool Readable) Secrets(ConnectionRow row)
    {
        var opened = NoSecrets;
        var readable = row.SealedSecrets is null || seal.TryOpen(row.Id, row.SealedSecrets, out opened);
        return (readable ? opened : NoSecrets, readable);
    }

    /// <summary>Names of what the draft would change.</summary>
    private static List<string> Differences(ConnectionRow row, (IReadOnlyDictionary<string, string> Values, bool Readable) stored, ConnectionDraft draft)
    {
        List<string> names = [];
        foreach (var (name, was, wanted) in new[]
        {
            ("name", row.Name, draft.Name), ("brand", row.Brand, draft.Brand), ("region", row.Region ?? "", draft.Region ?? ""), ("currency", row.Currency ?? "", draft.Currency ?? ""),
            ("timeZone", row.TimeZone, draft.TimeZone), ("postsTo", row.PostsTo ?? "", draft.PostsTo ?? ""),
        })
        {
            if (!string.Equals(was, wanted, StringComparison.Ordinal))
            {
                names.Add(name);
            }
        }

        names.AddRange(Other(row.Settings, draft.Settings));
        names.AddRange(Other(stored.Values, draft.Profile(stored.Values).Secrets));
        return names;
    }

    private static IEnumerable<string> Other(IReadOnlyDictionary<string, string> was, IReadOnlyDictionary<string, string> wanted) =>
        was.Keys.Union(wanted.Keys, StringComparer.Ordinal).Where(name => !string.Equals(was.GetValueOrDefault(name), wanted.GetValueOrDefault(name), StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private ConnectionRow Row(ConnectionDraft draft, IReadOnlyDictionary<string, string> secrets) => new(
        draft.Id, draft.Kind, connectors.Of(draft.Kind).Role.Word(), draft.Name, draft.Brand, draft.Region, draft.Currency, draft.TimeZone, draft.PostsTo,
        draft.Settings, seal.Seal(draft.Id, secrets), Paused: false, SubscribedAt: null, Version: 1);

    private static ConnectionDraft Draft(ConnectionRow row) => new(
        row.Id, row.Kind, row.Name, row.Brand, row.Region, row.Currency, row.TimeZone, row.PostsTo, row.Settings, NoSecrets, new HashSet<string>(StringComparer.Ordinal));

    private static AuditEntry Entry(Actor actor, string id, string act, params (string Name, string Value)[] more) =>
        new(actor, Configure, string.Create(CultureInfo.InvariantCulture, $"connection:{id}"), Detail: more.Prepend(("act", act)).ToDictionary(part => part.Item1, part => part.Item2, StringComparer.Ordinal));
}
