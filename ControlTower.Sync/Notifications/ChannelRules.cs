using System.Net.Mail;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Notifications;

/// <summary>A channel as a person wants it.</summary>
/// <param name="Typed">Secrets that were typed: <c>password</c>, <c>url</c>, <c>key</c>. What is not named stays as it is stored. Never logged, never shown.</param>
public sealed record ChannelDraft(
    string Kind, string Name, ChannelSettings Settings, IReadOnlyDictionary<string, string> Typed, IReadOnlyList<string> Events, string Zone, QuietHours? Quiet, bool BreachBreaks, int GatherMinutes,
    bool Enabled)
{
    public override string ToString() => Name;
}

/// <summary>Everything wrong with a channel before it is stored, each with its field. Pure.</summary>
public static class ChannelRules
{
    public const int MostAddresses = 20;
    private const int Longest = 1_000;

    /// <param name="secrets">As they would be stored: what was typed, else what is there.</param>
    public static IReadOnlyList<SettingProblem> Check(ChannelDraft draft, IReadOnlyDictionary<string, string> secrets, bool allowPrivate)
    {
        List<SettingProblem> problems = [];
        Say("kind", ChannelKind.All.Contains(draft.Kind, StringComparer.Ordinal) ? null : "Choose where messages go.");
        Say("name", draft.Name.Length is 0 or > 60 || draft.Name.Any(char.IsControl) ? "Give the channel a name of 1 to 60 characters." : null);
        Say("events", draft.Events.All(NoticeKind.All.Contains) ? null : "Choose what is told from the list.");
        Say("zone", draft.Zone.Length is > 0 and <= 60 && TimeZoneInfo.TryFindSystemTimeZoneById(draft.Zone, out _) ? null : "Enter a time zone by its name, such as Europe/Amsterdam.");
        Say("quiet", draft.Quiet is { } quiet && quiet.From == quiet.To ? "The silence begins when it ends. Leave both empty for none." : null);
        Say("gather", draft.GatherMinutes is >= 0 and <= 1440 ? null : "Enter 0 to 1440 minutes.");
        foreach (var (field, problem) in draft.Kind == ChannelKind.Email ? Mail(draft, secrets) : Hook(draft, secrets, allowPrivate))
        {
            Say(field, problem);
        }

        return problems;

        void Say(string field, string? problem)
        {
            if (problem is not null)
            {
                problems.Add(new(field, problem));
            }
        }
    }

    public static IReadOnlyList<string> Addresses(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public static bool IsAddress(string text) => text.Length <= 254 && text.All(c => c is > ' ' and < '\u007f') && MailAddress.TryCreate(text, out var address) && address.Address == text;

    private static IEnumerable<(string Field, string? Problem)> Mail(ChannelDraft draft, IReadOnlyDictionary<string, string> secrets)
    {
        var (settings, password) = (draft.Settings, secrets.GetValueOrDefault("password") ?? "");
        var local = IsLocal(settings.Host);
        yield return ("host", Uri.CheckHostName(settings.Host) == UriHostNameType.Unknown || settings.Host.Length > 253 ? "Enter the name of the mail server, such as smtp.example.com."
            : SoundAddress.Wrong($"https://{Bracketed(settings.Host)}"));
        yield return ("port", settings.Port is >= 1 and <= 65535 ? null : "Enter a port, such as 587.");
        yield return ("tls", settings.Tls is "tls" or "starttls" or "none" ? null : "Choose how the connection is secured.");
        yield return ("user", settings.User.Length > 200 || settings.User.Any(char.IsControl) ? "Enter at most 200 characters." : settings.User.Length == 0 && password.Length > 0 ? "Enter the user of this password." : null);
        yield return ("password", settings.User.Length > 0 && password.Length is 0 or > Longest ? "Enter the password of this user."
            : settings is { Tls: "none", User.Length: > 0 } && !local ? "Without TLS the password can be read on its way. Secure the connection, or take the user out." : null);
        yield return ("from", IsAddress(settings.From) ? null : "Enter the sender's address, such as tower@example.com.");
        yield return ("to", Addresses(settings.To) is { Count: <= MostAddresses } to && to.All(IsAddress) ? null : $"Enter up to {MostAddresses} addresses, separated by commas, or none.");
    }

    private static IEnumerable<(string Field, string? Problem)> Hook(ChannelDraft draft, IReadOnlyDictionary<string, string> secrets, bool allowPrivate)
    {
        yield return ("url", secrets.GetValueOrDefault("url") is { Length: > 0 } url ? WebhookAddress.Wrong(url, allowPrivate) : "Enter the address of the webhook.");
        if (draft.Kind == ChannelKind.Webhook)
        {
            yield return ("key", StandardSignature.WrongKey(secrets.GetValueOrDefault("key") ?? ""));
        }
    }

    internal static bool IsLocal(string host) => Uri.TryCreate($"https://{Bracketed(host)}", UriKind.Absolute, out var uri) && uri.IsLoopback;

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
}
