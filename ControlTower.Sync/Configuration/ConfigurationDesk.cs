using System.Globalization;
using System.Security.Cryptography;
using ControlTower.Data.Audit;
using ControlTower.Data.Configuration;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Administration;
using Npgsql;

namespace ControlTower.Sync.Configuration;

/// <summary>
/// Everything that admins set, out as one file and in again. A look does what the file wants in a transaction and takes it back, so that it says what the database would say; applying does the same,
/// all or nothing, if everything is still as it was looked at. The caller has checked the permission.
/// </summary>
public sealed class ConfigurationDesk(TowerDataSources data, ConfigurationRules rules, AuditLog audit, ChangeNotifier changes, ICalendar calendar)
{
    /// <summary>The permission under which the audit keeps these acts.</summary>
    public const string Manage = "admin:configuration:manage";

    public const int LongestReason = 300;

    private const string Subject = "configuration";

    /// <summary>The file of this moment, of one snapshot. That it was taken stands in the audit.</summary>
    public async Task<byte[]> ExportAsync(Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        var file = ConfigurationFile.Write((await ReadAsync(connection, cancel)).Values.SelectMany(items => items));
        await transaction.CommitAsync(cancel);
        await audit.AppendAsync(new AuditEntry(actor, Manage, Subject, Detail: Detail(("act", "export"), ("sha256", Hash(file)))), cancel);
        return file;
    }

    /// <summary>Says what a file would do. Changes nothing; a file that cannot be used stands in the audit.</summary>
    /// <param name="remove">Also remove what the file's sections do not have.</param>
    public async Task<ConfigurationLook> LookAsync(ReadOnlyMemory<byte> file, bool remove, Actor actor, CancellationToken cancel)
    {
        var (sections, problems) = ConfigurationFile.Read(file);
        if (sections is null)
        {
            await RefusedAsync(actor, Hash(file.Span), problems[0], null, cancel);
            return new ConfigurationLook(problems, [], 0, "");
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        return await TryAsync(connection, transaction, sections, file, remove, new ConfigurationHand(actor.Name, actor.Id, "A look"), cancel);
    }

    /// <summary>Puts a file into force, all of it or nothing. Repeated after any error, it is done once.</summary>
    /// <param name="mark">Of the look that was confirmed.</param>
    /// <exception cref="ArgumentException">No reason is given, or it is too long.</exception>
    public async Task<ConfigurationAnswer> ApplyAsync(ReadOnlyMemory<byte> file, bool remove, string mark, string reason, Actor actor, CancellationToken cancel)
    {
        reason = reason.Trim();
        if (reason.Length is 0 or > LongestReason)
        {
            throw new ArgumentException($"Give a reason of at most {LongestReason} characters.", nameof(reason));
        }

        var (sections, problems) = ConfigurationFile.Read(file);
        if (sections is null)
        {
            await RefusedAsync(actor, Hash(file.Span), problems[0], reason, cancel);
            return new ConfigurationAnswer.Refused(new ConfigurationLook(problems, [], 0, ""));
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        try
        {
            await ConfigurationStore.LockAsync(connection, cancel);
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            throw new ArgumentException("Somebody is in the middle of another change. Nothing was done; try it again in a moment.", busy);
        }

        var look = await TryAsync(connection, transaction, sections, file, remove, new ConfigurationHand(actor.Name, actor.Id, reason), cancel);
        if (look.Changes.Count == 0)
        {
            return new ConfigurationAnswer.AlreadySo();
        }

        if (look.Mark != mark)
        {
            return new ConfigurationAnswer.Moved(look);
        }

        if (!look.MayApply)
        {
            await transaction.RollbackAsync(cancel);
            await RefusedAsync(actor, Hash(file.Span), look.Changes.Select(change => change.Refused).OfType<ConfigurationProblem>().First(), reason, cancel);
            return new ConfigurationAnswer.Refused(look);
        }

        await TellAsync(connection, transaction, look, Hash(file.Span), reason, actor, cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Connections | LiveTopics.Cases | LiveTopics.Stock | LiveTopics.Promotions | LiveTopics.Kpis | LiveTopics.Incidents | LiveTopics.Reconciliation);
        if (look.Changes.Any(change => change.Section.Name == "schedules"))
        {
            await calendar.SetAsync(cancel);
        }

        return new ConfigurationAnswer.Done(Count(look, ConfigurationAct.Add), Count(look, ConfigurationAct.Change), Count(look, ConfigurationAct.Remove));
    }

    private static int Count(ConfigurationLook look, ConfigurationAct act) => look.Changes.Count(change => change.Act == act);

    /// <summary>Does what the file wants in the caller's transaction; what cannot be done is left out and told.</summary>
    private async Task<ConfigurationLook> TryAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyDictionary<string, IReadOnlyList<ConfigurationItem>> file, ReadOnlyMemory<byte> bytes, bool remove, ConfigurationHand hand,
        CancellationToken cancel)
    {
        var here = await ReadAsync(connection, cancel);
        var mark = Hash([.. SHA256.HashData(bytes.Span), .. ConfigurationFile.Write(here.Values.SelectMany(items => items)), remove ? (byte)1 : (byte)0]);
        List<ConfigurationChange> made = [];
        foreach (var section in ConfigurationSections.All.Where(section => file.ContainsKey(section.Name)))
        {
            var known = here[section.Name].ToDictionary(item => item.Order, StringComparer.Ordinal);
            foreach (var item in InTurn(section, file[section.Name]).Where(item => known.GetValueOrDefault(item.Order)?.Json != item.Json))
            {
                var was = known.GetValueOrDefault(item.Order);
                var refused = await rules.WrongAsync(connection, item, file.GetValueOrDefault("connections") ?? [], cancel) ?? await PutAsync(connection, transaction, item, hand, cancel);
                made.Add(new ConfigurationChange(section, item.Key, was is null ? ConfigurationAct.Add : ConfigurationAct.Change, Differences(was, item), refused));
            }
        }

        var gone = ConfigurationSections.All.Reverse().Where(section => file.ContainsKey(section.Name)).SelectMany(section =>
            here[section.Name].ExceptBy(file[section.Name].Select(item => item.Order), item => item.Order, StringComparer.Ordinal).OrderByDescending(item => item.Order, StringComparer.Ordinal)).ToList();
        foreach (var item in remove ? gone : [])
        {
            var refused = item.Section.Remove is null ? new ConfigurationProblem($"/sections/{item.Section.Name}", item.Section.Stays)
                : await GuardedAsync(transaction, item, () => ConfigurationStore.RemoveAsync(connection, item.Section, item.Json, hand, cancel), cancel);
            made.Add(new ConfigurationChange(item.Section, item.Key, ConfigurationAct.Remove, Differences(item, null), refused));
        }

        // Only the whole says whether rules go round: what contradicts a new one may be removed by the same file.
        if (made.FindLastIndex(change => change is { Section.Name: "sequence", Refused: null }) is >= 0 and var last && await ConfigurationRules.CircleAsync(connection, cancel) is { } round)
        {
            made[last] = made[last] with { Refused = new ConfigurationProblem("/sections/sequence", round) };
        }

        return new ConfigurationLook([], await AsStoredAsync(connection, made, file, cancel), remove ? 0 : gone.Count, mark);
    }

    // An ERP comes before the shops whose books it keeps.
    private static IEnumerable<ConfigurationItem> InTurn(ConfigurationSection section, IReadOnlyList<ConfigurationItem> items) =>
        section.Name == "connections" ? items.OrderBy(item => item.Text("postsTo") is not null) : items;

    private async Task<ConfigurationProblem?> PutAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ConfigurationItem item, ConfigurationHand hand, CancellationToken cancel) =>
        await GuardedAsync(transaction, item, () => ConfigurationStore.PutAsync(connection, item.Section, rules.ForStatement(item), hand, cancel), cancel);

    private static async Task<ConfigurationProblem?> GuardedAsync(NpgsqlTransaction transaction, ConfigurationItem item, Func<Task<int>> write, CancellationToken cancel)
    {
        await transaction.SaveAsync("item", cancel);
        try
        {
            if (await write() > 0)
            {
                await transaction.ReleaseAsync("item", cancel);
                return null;
            }

            await transaction.RollbackAsync("item", cancel);
            return new ConfigurationProblem(item.Pointer, item.Section.Untouched);
        }
        catch (PostgresException error) when (error.SqlState.StartsWith("22", StringComparison.Ordinal) || error.SqlState.StartsWith("23", StringComparison.Ordinal))
        {
            await transaction.RollbackAsync("item", cancel);
            return new ConfigurationProblem(item.Pointer, Words(error));
        }
    }

    /// <summary>What the database keeps otherwise than it was written would be a difference again the next time: it is refused, with how it would be kept.</summary>
    private static async Task<List<ConfigurationChange>> AsStoredAsync(
        NpgsqlConnection connection, List<ConfigurationChange> made, IReadOnlyDictionary<string, IReadOnlyList<ConfigurationItem>> file, CancellationToken cancel)
    {
        if (made.Count == 0)
        {
            return made;
        }

        var stored = await ReadAsync(connection, cancel);
        return [.. made.Select(change =>
        {
            var wanted = change is { Act: ConfigurationAct.Remove } or { Refused: not null } ? null : file[change.Section.Name].Single(item => item.Key == change.Key);
            return wanted is null || stored[change.Section.Name].FirstOrDefault(item => item.Order == wanted.Order) is { } kept && kept.Json == wanted.Json
                ? change
                : change with { Refused = new ConfigurationProblem(wanted.Pointer, $"It would be kept otherwise than it is written: {Otherwise(stored[change.Section.Name].FirstOrDefault(item => item.Order == wanted.Order), wanted)}. Write it as it is kept.") };
        })];
    }

    private static string Otherwise(ConfigurationItem? kept, ConfigurationItem wanted) =>
        kept is null ? "not under this name" : string.Join(", ", Differences(wanted, kept).Select(difference => $"{difference.Member} as {difference.Becomes ?? "nothing"}"));

    private static async Task<Dictionary<string, List<ConfigurationItem>>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        Dictionary<string, List<ConfigurationItem>> sections = new(StringComparer.Ordinal);
        foreach (var section in ConfigurationSections.All)
        {
            sections[section.Name] = [.. (await ConfigurationStore.ReadAsync(connection, section, cancel)).Select(json => Stored(section, json)).OrderBy(item => item.Order, StringComparer.Ordinal)];
        }

        return sections;
    }

    private static ConfigurationItem Stored(ConfigurationSection section, string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        List<ConfigurationProblem> problems = [];
        return ConfigurationItem.Read(section, document.RootElement, "", problems)
            ?? throw new InvalidOperationException($"An entry of {section.Name} stands in the database in a form that the file does not have: {problems[0].Pointer} {problems[0].Words}");
    }

    private static List<ConfigurationDifference> Differences(ConfigurationItem? was, ConfigurationItem? becomes)
    {
        var (before, after) = (was?.Members(), becomes?.Members());
        return [.. (was ?? becomes)!.Section.Fields.Select(field => new ConfigurationDifference(field.Name, before?[field.Name]?.ToJsonString(Plain), after?[field.Name]?.ToJsonString(Plain))).Where(d => d.Was != d.Becomes)];
    }

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Words(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.ForeignKeyViolation => $"It names something that is not here ({error.ConstraintName}). Add that first, or take the name out.",
        PostgresErrorCodes.UniqueViolation => "Another entry here has this already.",
        PostgresErrorCodes.CheckViolation => $"A value is outside of what is allowed ({error.ConstraintName}).",
        PostgresErrorCodes.NotNullViolation => $"A value is missing ({error.ColumnName}).",
        _ => "A value cannot be kept as it is written: it is too long, too large, or of another form.",
    };

    /// <summary>An entry for each thing, under the name by which its room would have told of it, and one for the whole. No value of a connection stands in them, only names of what changed.</summary>
    private async Task TellAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ConfigurationLook look, string hash, string reason, Actor actor, CancellationToken cancel)
    {
        foreach (var change in look.Changes)
        {
            var act = change.Act switch { ConfigurationAct.Add => "add", ConfigurationAct.Remove => "remove", _ => "change" };
            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(actor, change.Section.Action, change.Section.Subject + change.Key.Replace(" / ", "/", StringComparison.Ordinal), Reason: reason,
                    Detail: Detail(("act", act), ("by", "configuration file"), ("changed", string.Join(", ", change.Differences.Select(difference => difference.Member))))), cancel);
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(actor, Manage, Subject, Reason: reason, Detail: Detail(
                ("act", "import"), ("sha256", hash), ("added", Figure(look, ConfigurationAct.Add)), ("changed", Figure(look, ConfigurationAct.Change)), ("removed", Figure(look, ConfigurationAct.Remove)))), cancel);
    }

    private static string Figure(ConfigurationLook look, ConfigurationAct act) => Count(look, act).ToString(CultureInfo.InvariantCulture);

    private Task<long> RefusedAsync(Actor actor, string hash, ConfigurationProblem first, string? reason, CancellationToken cancel) => audit.AppendAsync(
        new AuditEntry(actor, Manage, Subject, AuditOutcome.Refused, reason, Detail(("act", "import"), ("sha256", hash), ("at", first.Pointer), ("because", first.Words))), cancel);

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static Dictionary<string, string> Detail(params ReadOnlySpan<(string Name, string Value)> parts)
    {
        Dictionary<string, string> detail = new(StringComparer.Ordinal);
        foreach (var (name, value) in parts)
        {
            detail[name] = value;
        }

        return detail;
    }
}
