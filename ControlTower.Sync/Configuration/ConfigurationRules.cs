using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Configuration;
using ControlTower.Data.Connections;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Data.Kpis;
using ControlTower.Data.Notifications;
using ControlTower.Data.Promotions;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Kpis;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Reconciliation;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Configuration;

/// <summary>What an API client may be given, and what it may be limited in; told by the room that knows the API.</summary>
public sealed record KnownApi(IReadOnlyList<string> Scopes, IReadOnlyList<string> Operations);

/// <summary>Judges what a file wants by the rules of the rooms that it is for: what a form would refuse, a file is refused, too. What the database's constraints know is left to them.</summary>
public sealed class ConfigurationRules(ConnectorCatalog connectors, SecretSeal seal, KnownApi api, IOptions<FeedOptions> feeds, TimeProvider clock)
{
    private static readonly HashSet<string> SecretChannelFields = new(StringComparer.Ordinal) { "password", "url", "key" };

    /// <summary>Names that settings never have, because a connector keeps a secret under them.</summary>
    private readonly HashSet<string> secretNames = new(connectors.All.SelectMany(c => c.Fields).Where(field => field.IsSecret).Select(field => field.Name), StringComparer.OrdinalIgnoreCase);

    /// <summary>What is refused before anything is written.</summary>
    /// <param name="connection">Of the transaction in which the item is to be written.</param>
    /// <param name="file">All connections of the file: those that come together may name each other.</param>
    public async Task<ConfigurationProblem?> WrongAsync(NpgsqlConnection connection, ConfigurationItem item, IReadOnlyList<ConfigurationItem> file, CancellationToken cancel) => item.Section.Name switch
    {
        "connections" => await ConnectionAsync(connection, item, file, cancel),
        "notificationChannels" => await ChannelAsync(connection, item, cancel),
        "locations" => At(item, "timeZone", item.Text("timeZone") is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) ? "Enter a time zone by its name, such as Europe/Amsterdam." : null),
        "kpiTargets" => KpiDesk.Problem(item.Text("kpi")!, Target(item)) is { } wrong ? At(item, wrong.Field!, wrong.Words) : null,
        "kpiAssumptions" => KpiAssumption.Find(item.Text("name")!) is not { } known ? At(item, "name", "There is no such assumption.")
            : At(item, "value", item.Number("value") > known.Most ? $"Enter {known.Unit} from 0 to {known.Most.ToString("0.######", CultureInfo.InvariantCulture)}." : null),
        "currencies" => Currency(item),
        "apiClients" => At(item, "scopes", item.Texts("scopes") is { Count: > 0 } asked && asked.All(api.Scopes.Contains) ? null : "Here stand scopes that the API knows, at least one."),
        "apiLimits" => Limit(item),
        "reconciliationRules" => await RuleAsync(connection, item, cancel),
        "stageLimits" => StageLimitDesk.Stages.All(s => s.Stage != item.Text("stage")) ? At(item, "stage", "There is no such stage.")
            : At(item, "minutes", item.Number("minutes") < 1 ? "Enter a minute to 365 days." : null),
        "feeds" => await FeedAsync(connection, item, cancel),
        "sequence" => await SequenceAsync(connection, item, cancel),
        "schedules" => Schedule(item),
        "retention" => RetentionKinds.Find(item.Text("kind")!) is not { } kind ? At(item, "kind", "There is no such kind of data.")
            : At(item, "days", item.Number("days") < kind.Least || item.Number("days") > kind.Most ? string.Create(CultureInfo.InvariantCulture, $"Enter {kind.Least} to {kind.Most} days.") : null),
        "caseClasses" or "remedies" => Runbook(item),
        _ => null,
    };

    /// <summary>Whether the rules of sequence that are in force in the caller's transaction go round in a circle, in words; null: they do not.</summary>
    public static async Task<string?> CircleAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var parts = await SequenceStore.PartsAsync(connection, cancel);
        return SequenceCircle.Of(await SequenceStore.ListAsync(connection, cancel), [.. parts.Select(p => (p.Id, p.Role))]) is { } round
            ? $"With these rules {string.Join(" comes before ", round.Select(key => SequenceCircle.Role(key) ?? parts.FirstOrDefault(p => p.Id == key)?.Name ?? key))}: nothing could ever begin. Switch off or take out the rule that says the opposite."
            : null;
    }

    /// <summary>The item as the statements of its section want it.</summary>
    public string ForStatement(ConfigurationItem item)
    {
        if (item.Section.Name != "connections")
        {
            return item.Json;
        }

        var members = item.Members();
        members["role"] = connectors.Of(item.Text("kind")!).Role.Word();
        return members.ToJsonString();
    }

    private async Task<ConfigurationProblem?> ConnectionAsync(NpgsqlConnection connection, ConfigurationItem item, IReadOnlyList<ConfigurationItem> file, CancellationToken cancel)
    {
        var settings = item.Map("settings");
        if (settings.Keys.FirstOrDefault(secretNames.Contains) is { } secret)
        {
            return At(item, $"settings/{ConfigurationItem.Escaped(secret)}", "This is a secret. Secrets do not stand in this file: take it out, and enter it on the page of the connection.");
        }

        var connector = connectors.Find(item.Text("kind")!);
        var row = await ConnectionStore.LockAsync(connection, item.Text("id")!, cancel);
        if (connector is null || (row is not null && row.Kind != connector.Kind))
        {
            return At(item, "kind", connector is null ? "This tower speaks to no such system." : "There is a connection of another kind under this key.");
        }

        IReadOnlyDictionary<string, string> stored = new Dictionary<string, string>(StringComparer.Ordinal);
        if (row?.SealedSecrets is { } bytes && !seal.TryOpen(row.Id, bytes, out stored))
        {
            return At(item, "id", "Its secrets cannot be opened with the keys of this installation. Enter them anew on its page first.");
        }

        var draft = new ConnectionDraft(
            item.Text("id")!, connector.Kind, item.Text("name")!, item.Text("brand")!, item.Text("region"), item.Text("currency"), item.Text("timeZone")!, item.Text("postsTo"), settings,
            new Dictionary<string, string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var erps = (await ConnectionStore.ErpsAsync(connection, cancel)).Concat(file.Where(c => connectors.Find(c.Text("kind")!)?.Role == SystemRole.Erp).Select(c => c.Text("id")!));
        // A connection that is not in use may wait for its secrets: it is judged as if they were there, for that they are not is no fault of the file.
        var waits = row is null or { Disabled: not null };
        var wrong = DraftRules.Check(draft, connector, waits ? WithStandIns(connector, stored) : stored, [.. erps]).FirstOrDefault(problem => !waits || !secretNames.Contains(problem.Field));
        if (wrong is null && row is not null && SecretRoute.Unseen(row.Settings, draft, stored, connector).Count > 0)
        {
            wrong = new("settings", "The address leads to another host, and stored secrets would go there unseen. Change it on the page of the connection, with its secrets.");
        }

        return wrong is null ? null : At(item, item.Section.Fields.Any(field => field.Name == wrong.Field) ? wrong.Field : $"settings/{wrong.Field}", wrong.Message);
    }

    private static Dictionary<string, string> WithStandIns(IConnector connector, IReadOnlyDictionary<string, string> stored) =>
        connector.Fields.Where(field => field.IsSecret).ToDictionary(field => field.Name, field => stored.GetValueOrDefault(field.Name, "not entered yet"), StringComparer.Ordinal);

    private static async Task<ConfigurationProblem?> ChannelAsync(NpgsqlConnection connection, ConfigurationItem item, CancellationToken cancel)
    {
        var email = item.Text("kind") == ChannelKind.Email;
        if (!email && new[] { "host", "tls", "user", "from", "to" }.FirstOrDefault(name => item.Text(name)!.Length > 0) is { } member)
        {
            return At(item, member, "Only e-mail has it; where the others lead is a secret and does not stand in this file.");
        }

        if (!Quiet(item.Text("quietFrom"), item.Text("quietTo"), out var quiet))
        {
            return At(item, "quietFrom", "Here stand two times of the day, such as 22:00 and 07:00, or neither.");
        }

        var settings = new ChannelSettings(item.Text("host")!, (int)item.Number("port")!, item.Text("tls")!, item.Text("user")!, item.Text("from")!, item.Text("to")!);
        var draft = new ChannelDraft(
            item.Text("kind")!, item.Text("name")!, settings, new Dictionary<string, string>(StringComparer.Ordinal), item.Texts("events"), item.Text("zone")!, quiet, BreachBreaks: true, (int)item.Number("gatherMinutes")!, Enabled: false);
        if (ChannelRules.Check(draft, new Dictionary<string, string>(StringComparer.Ordinal), allowPrivate: true).FirstOrDefault(problem => !SecretChannelFields.Contains(problem.Field)) is { } wrong)
        {
            return At(item, wrong.Field switch { "quiet" => "quietFrom", "gather" => "gatherMinutes", var field => field }, wrong.Message);
        }

        if (settings is { Tls: "none", User.Length: > 0 } && !ChannelRules.IsLocal(settings.Host))
        {
            return At(item, "tls", "Without TLS the password can be read on its way. Secure the connection, or take the user out.");
        }

        return email && await ConfigurationStore.ChannelAsync(connection, item.Text("name")!, cancel) is { Sealed: true } there && there.Host != string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.Port}")
            ? At(item, "host", "It leads to another server, and the stored password would go there unseen. Change it on the page of this place, with its password.")
            : null;
    }

    private ConfigurationProblem? Currency(ConfigurationItem item) =>
        item.Text("currency") is not { Length: 3 } code || !code.All(char.IsAsciiLetterUpper) ? At(item, "currency", "A currency is three capital letters, such as EUR.")
        : item.Number("rate") is not (> 0 and <= 1_000_000) ? At(item, "rate", "A rate is more than 0, at most 1,000,000.")
        : !DateOnly.TryParseExact(item.Text("asOf"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? At(item, "asOf", "Here stands a day, such as 2026-11-24.")
        : At(item, "asOf", day > DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime.AddDays(1)) ? "The day of the rate has not come yet." : null);

    private ConfigurationProblem? Schedule(ConfigurationItem item) => RecurringJobs.Find(item.Text("job")!) is not { } job
        ? At(item, "job", "There is no such job.")
        : At(item, "cron", CronRule.Wrong(item.Text("cron")!, job.LeastMinutes, clock.GetUtcNow()));

    private ConfigurationProblem? Limit(ConfigurationItem item) =>
        item.Text("operation") is { Length: > 0 } operation && !api.Operations.Contains(operation) ? At(item, "operation", "The API has no such operation. Leave it empty for all together.")
        : new ApiLimits(item.Text("operation")!, (int)item.Number("perSecond")!, (int)item.Number("burst")!, (int)item.Number("atOnce")!, (long?)item.Number("perDay")).Wrong() is { } wrong ? new(item.Pointer, wrong)
        : null;

    private static async Task<ConfigurationProblem?> RuleAsync(NpgsqlConnection connection, ConfigurationItem item, CancellationToken cancel)
    {
        decimal Amount(string name) => item.Number(name)!.Value;
        int Whole(string name) => (int)Amount(name);
        var (flags, pattern) = (item.Members(), item.Text("pattern"));
        var rule = new ReconRule(
            0, item.Text("comparison")!, item.Text("name")!, item.Text("kind")!, Whole("position"), item.Text("source"), item.Text("currency"), Amount("above"), Amount("below"), Amount("abovePercent"), Amount("belowPercent"),
            Whole("daysBefore"), Whole("daysAfter"), pattern, item.Text("method"), flags["confirms"]!.GetValue<bool>(), item.Text("account"), flags["active"]!.GetValue<bool>());
        return ReconRuleDesk.Problems(rule) is [var wrong, ..] ? At(item, wrong.Field, wrong.Words)
            : pattern is not null && !await ConfigurationStore.IsPatternAsync(connection, pattern, cancel) ? At(item, "pattern", ReconRuleDesk.PatternWords)
            : null;
    }

    private async Task<ConfigurationProblem?> FeedAsync(NpgsqlConnection connection, ConfigurationItem item, CancellationToken cancel)
    {
        var place = new FeedPlace(item.Text("target")!, item.Text("path")!, item.Text("host"), (int)item.Number("port")!, item.Text("user"), item.Text("hostKey"));
        if (!place.IsSftp && (place.Host ?? place.User ?? place.HostKey) is not null)
        {
            return At(item, "target", "Only a server has a name, a user and a key.");
        }

        var days = item.Texts("holidays").Append(item.Text("since")!).Select(text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : (DateOnly?)null).ToList();
        if (days.IndexOf(null) is var unread and >= 0)
        {
            return At(item, unread == days.Count - 1 ? "since" : "holidays", "Here stand days, such as 2026-12-25.");
        }

        var flags = item.Members();
        var calendar = new FeedCalendar(
            item.Text("timeZone")!, item.Text("cron")!, (int)item.Number("weekdays")!, [.. days.SkipLast(1).Select(day => day!.Value)], flags["catchesUp"]!.GetValue<bool>(), days[^1]!.Value);
        var draft = new FeedDraft(
            item.Text("name")!, item.Text("list")!, ExportFormats.Of(item.Text("format")!), item.Text("brand")!, place, null, calendar, flags["waitsComplete"]!.GetValue<bool>(), [], (int)item.Number("lateMinutes")!);
        var all = await FeedStore.ListAsync(connection, cancel);
        var here = all.Find(feed => feed.Name == draft.Name);
        // One to a server that waits for its secret is judged as if it were there, for that it is not is no fault of the file.
        if (FeedRules.Wrong(draft, here?.Id ?? 0, hasSecret: true, all, feeds.Value, clock.GetUtcNow()) is [var wrong, ..])
        {
            return At(item, wrong.Field switch { FeedRules.What => "list", FeedRules.HostKey => "hostKey", FeedRules.Zone => "timeZone", FeedRules.Late => "lateMinutes", var field => field }, wrong.Words);
        }

        return place.IsSftp && here is not null && (here.HasSecret || !here.Place.IsSftp) && !here.Place.IsServerOf(place)
            ? At(item, "host", "It leads to another server, user or key, and its secret would go there unseen. Change it on the page of feeds, with its secret.")
            : null;
    }

    private async Task<ConfigurationProblem?> SequenceAsync(NpgsqlConnection connection, ConfigurationItem item, CancellationToken cancel)
    {
        var parts = await SequenceStore.PartsAsync(connection, cancel);
        var unknown = new[] { "first", "later" }.FirstOrDefault(member => SequenceCircle.Role(item.Text(member)!) is null && !parts.Exists(p => p.Id == item.Text(member) && connectors.Find(p.Kind) is { PriceBatch: > 0 }));
        return !SequenceRule.Domains.Contains(item.Text("domain")!) ? At(item, "domain", $"Write {string.Join(" or ", SequenceRule.Domains)}.")
            : unknown is not null ? At(item, unknown, "No connection of this name shows prices. Write the key of one that does, @erp or @shop.")
            : At(item, "later", item.Text("first") == item.Text("later") ? "A system cannot come after itself. Write another." : null);
    }

    private static ConfigurationProblem? Runbook(ConfigurationItem item) => item.Members()["runbook"]?.GetValue<string>() is { } address && !(Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        ? At(item, "runbook", "Here stands an address that begins with https://.")
        : null;

    private static KpiTarget Target(ConfigurationItem item) =>
        new((double?)item.Number("target"), (double?)item.Number("objective"), item.Text("owner")!, SetBy: null, Since: null, item.Text("words")!, item.Text("brand")!);

    private static bool Quiet(string? from, string? to, out QuietHours? quiet)
    {
        quiet = null;
        if (from is null && to is null)
        {
            return true;
        }

        if (!TimeOnly.TryParseExact(from, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var begins) || !TimeOnly.TryParseExact(to, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var ends))
        {
            return false;
        }

        quiet = new QuietHours(begins, ends);
        return true;
    }

    private static ConfigurationProblem? At(ConfigurationItem item, string member, string? words) => words is null ? null : new($"{item.Pointer}/{member}", words);
}
