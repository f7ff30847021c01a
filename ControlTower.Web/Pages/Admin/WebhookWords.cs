using ControlTower.Data.Webhooks;
using ControlTower.Sync.Relay;
using ControlTower.Sync.Webhooks;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Admin;

/// <summary>Webhooks in words. Pure.</summary>
public static class WebhookWords
{
    public static IReadOnlyList<EventType> Types { get; } = [.. EventTypes.All.Where(type => type != EventTypes.Test)];

    public static (Status Status, string Word) Standing(WebhookSubscription hook) => hook switch
    {
        { ClientDisabled: true } => (Status.Off, "Client disabled"),
        { State: WebhookState.Disabled, StoppedBy: WebhookState.ByTower } => (Status.Bad, "Switched off by the tower"),
        { State: WebhookState.Disabled } => (Status.Off, "Disabled by an admin"),
        { State: WebhookState.Paused } => (Status.Off, hook.StoppedBy == WebhookState.ByClient ? "Paused by its client" : "Paused by an admin"),
        { Misses: >= WebhookSchedule.Down } => (Status.Bad, "Not taking events"),
        { Misses: > 0 } => (Status.Warn, "Failing"),
        _ => (Status.Ok, "On"),
    };

    public static string Gets(WebhookSubscription hook) => hook.Types.Count switch
    {
        0 => "Every event",
        <= 3 => string.Join(", ", hook.Types.Select(Short)),
        _ => $"{hook.Types.Count} types of events",
    };

    /// <summary>Of which brands and channels.</summary>
    public static string From(WebhookSubscription hook) =>
        string.Join("; ", [hook.Brands.Count == 0 ? "every brand" : string.Join(", ", hook.Brands), .. hook.Channels.Count == 0 ? Array.Empty<string>() : [$"from {string.Join(", ", hook.Channels)} alone"]]);

    public static string Waiting(WebhookBacklog? backlog) => backlog switch
    {
        null or { Behind: 0, Held: 0 } => "Nothing",
        { Behind: 0 } => $"{backlog.Held} to be sent again",
        _ => $"{(backlog.Behind >= 10_000 ? "10,000 and more" : backlog.Behind.ToString("N0", System.Globalization.CultureInfo.InvariantCulture))}, the oldest {Say.Age(backlog.Oldest)}{(backlog.Held > 0 ? $"; {backlog.Held} to be sent again" : "")}",
    };

    public static string Title(string act, WebhookSubscription hook) => $"{Verb(act)}: {hook.Host} of {hook.Client}";

    public static string Verb(string act) => act switch { "pause" => "Pause", "disable" => "Disable", "resume" => "Resume", "replay" => "Replay", _ => "Make a new secret" };

    public static string Meaning(string act) => act switch
    {
        "pause" => "Nothing is sent until somebody resumes it. What happens meanwhile is sent then, in order.",
        "disable" => "Nothing is sent, and its client cannot switch it on again: only an admin can. What happens meanwhile is sent then.",
        "resume" => "It goes on where it stopped: everything that happened meanwhile is sent.",
        "replay" => "Everything since then is sent once more, under the same ids: a receiver that keeps to them drops what it has.",
        _ => "The new secret signs at once; the one before signs as well for a day, so that the receiver can exchange them without an interruption.",
    };

    public static string Done(string act) => act switch
    {
        "pause" => "Paused.",
        "disable" => "Disabled.",
        "resume" => "It goes on.",
        "replay" => "The replay has begun.",
        _ => "The new secret signs from now on.",
    };

    /// <summary>Null for what is done.</summary>
    public static string? Wrong(WebhookAnswer answer) => answer switch
    {
        WebhookAnswer.Done => null,
        WebhookAnswer.Wrong wrong => string.Join(' ', wrong.Problems.Select(problem => problem.Message).Distinct(StringComparer.Ordinal)),
        WebhookAnswer.TooMany => $"This client has {WebhookStore.MostPerClient} webhooks already. Delete one that is not needed.",
        WebhookAnswer.ChangedMeanwhile => "Somebody changed it meanwhile. Close this, look again, and then decide.",
        WebhookAnswer.Reused => "This form was sent before with other values. Close it and open it again.",
        _ => "This webhook is gone. Load the page again.",
    };

    private static string Short(string type) => EventTypes.Find(type)?.Name ?? type;
}
