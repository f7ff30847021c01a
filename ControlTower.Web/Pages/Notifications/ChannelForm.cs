using System.Globalization;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Notifications;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>What stands in the form of a channel. Numbers and times stay text until they are read, so that what was typed is never lost.</summary>
public sealed class ChannelForm
{
    private readonly HashSet<string> stored = new(StringComparer.Ordinal);

    public string Kind { get; set; } = ChannelKind.Email;

    public string Name { get; set; } = "";

    public string Host { get; set; } = "";

    public string Port { get; set; } = "587";

    public string Tls { get; set; } = "starttls";

    public string User { get; set; } = "";

    public string From { get; set; } = "";

    public string To { get; set; } = "";

    public HashSet<string> Events { get; } = new(NoticeKind.All, StringComparer.Ordinal);

    public string Zone { get; set; } = "UTC";

    public string QuietFrom { get; set; } = "";

    public string QuietTo { get; set; } = "";

    public bool BreachBreaks { get; set; } = true;

    public string Gather { get; set; } = "0";

    public bool Enabled { get; set; } = true;

    public int Version { get; private set; }

    /// <summary>Secrets as they are typed; what is not in here stays as it is stored.</summary>
    public Dictionary<string, string> Typed { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<SettingProblem> Problems { get; set; } = [];

    public static ChannelForm Of(NotificationChannel channel)
    {
        var form = new ChannelForm
        {
            Kind = channel.Kind, Name = channel.Name, Host = channel.Settings.Host, Port = channel.Settings.Port.ToString(CultureInfo.InvariantCulture), Tls = channel.Settings.Tls,
            User = channel.Settings.User, From = channel.Settings.From, To = channel.Settings.To, Zone = channel.Zone, QuietFrom = Text(channel.Quiet?.From), QuietTo = Text(channel.Quiet?.To),
            BreachBreaks = channel.BreachBreaks, Gather = channel.GatherMinutes.ToString(CultureInfo.InvariantCulture), Enabled = channel.Enabled, Version = channel.Version,
        };
        form.Events.IntersectWith(channel.Events);
        form.stored.UnionWith(channel.Secrets is null ? [] : channel.Kind switch { ChannelKind.Email => ["password"], ChannelKind.Webhook => ["url", "key"], _ => new[] { "url" } });
        return form;
    }

    /// <summary>There is one in the database, and nobody is about to replace it.</summary>
    public bool Keeps(string secret) => stored.Contains(secret) && !Typed.ContainsKey(secret);

    public string? Problem(string field) => Problems.FirstOrDefault(problem => problem.Field == field)?.Message;

    /// <summary>The channel as it stands in the form, or null with what could not even be read.</summary>
    public ChannelDraft? Draft()
    {
        List<SettingProblem> unread = [];
        var port = Number("port", Port, "Enter a port, such as 587.", needed: Kind == ChannelKind.Email);
        var gather = Number("gather", Gather, "Enter 0 to 1440 minutes.", needed: true);
        var (from, to) = (Clock(QuietFrom), Clock(QuietTo));
        if (from is null != to is null || (from is null && QuietFrom.Trim().Length + QuietTo.Trim().Length > 0))
        {
            unread.Add(new("quiet", "Give both times, or none."));
        }

        Problems = unread;
        var typed = Typed.Where(pair => pair.Value.Trim().Length > 0).ToDictionary(pair => pair.Key, pair => pair.Value.Trim(), StringComparer.Ordinal);
        return unread.Count > 0 ? null : new ChannelDraft(
            Kind, Name.Trim(), new ChannelSettings(Host.Trim(), port, Tls, User.Trim(), From.Trim(), string.Join(", ", ChannelRules.Addresses(To))), typed, [.. NoticeKind.All.Where(Events.Contains)],
            Zone.Trim(), from is { } begin ? new QuietHours(begin, to!.Value) : null, BreachBreaks, gather, Enabled);

        int Number(string field, string text, string problem, bool needed)
        {
            if (int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            if (needed)
            {
                unread.Add(new(field, problem));
            }

            return 0;
        }
    }

    private static TimeOnly? Clock(string text) => TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;

    private static string Text(TimeOnly? time) => time?.ToString("HH:mm", CultureInfo.InvariantCulture) ?? "";
}
