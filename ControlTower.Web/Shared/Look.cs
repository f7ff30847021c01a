using ControlTower.Data.Canonical;
using MudBlazor;

namespace ControlTower.Web.Shared;

/// <summary>How a status looks: the one place that knows. <paramref name="Order"/> sorts lists, most urgent first.</summary>
public sealed record Look(Tone Tone, string Icon, string Word, int Order)
{
    private static readonly Look Unknown = new(Tone.Unk, Icons.Material.Rounded.Help, "Outcome unknown", 1);

    /// <summary>The CSS class of the tone, for text, chips and alerts.</summary>
    public string Css => Class(Tone);

    public static Look Of(Status status) => status switch
    {
        Status.Bad => new(Tone.Bad, Icons.Material.Rounded.Error, "Open", 0),
        Status.Unk => Unknown,
        Status.Warn => new(Tone.Warn, Icons.Material.Rounded.Warning, "Late", 2),
        Status.Run => new(Tone.Run, Icons.Material.Rounded.Autorenew, "Running", 3),
        Status.Blocked => new(Tone.Wait, Icons.Material.Rounded.Block, "Blocked", 4),
        Status.Held => new(Tone.Wait, Icons.Material.Rounded.PauseCircle, "Held", 5),
        Status.Wait => new(Tone.Wait, Icons.Material.Rounded.Schedule, "Waiting", 6),
        Status.Snoozed => new(Tone.Wait, Icons.Material.Rounded.Bedtime, "Snoozed", 7),
        Status.Ok => new(Tone.Ok, Icons.Material.Rounded.CheckCircle, "Done", 8),
        Status.Proven => new(Tone.Ok, Icons.Material.Rounded.Verified, "Proven", 9),
        Status.Off => new(Tone.Off, Icons.Material.Rounded.RemoveCircleOutline, "Paused by us", 10),
        _ => Unknown,
    };

    /// <summary>The word for a failure kind, as the cause list tags it.</summary>
    public static string Tag(FailureKind kind) => kind switch
    {
        FailureKind.Value => "value",
        FailureKind.Missing => "missing",
        FailureKind.Connection => "connection",
        FailureKind.Intermittent => "intermittent",
        FailureKind.RateLimit => "rate limit",
        FailureKind.TooLarge => "too large",
        FailureKind.Parse => "unreadable",
        FailureKind.Duplicate => "duplicate",
        FailureKind.Ownership => "ownership",
        FailureKind.Refused => "refused",
        _ => "unknown outcome",
    };

    public static Status Of(FailureKind kind) => kind is FailureKind.UnknownOutcome ? Status.Unk : Status.Bad;

    public static string Class(Tone tone) => tone switch
    {
        Tone.Ok => "ok",
        Tone.Run => "run",
        Tone.Wait => "wait",
        Tone.Warn => "warn",
        Tone.Bad => "bad",
        Tone.Off => "off",
        _ => "unk",
    };

    /// <summary>The variable of the tone's solid colour, for bars and strokes. Off has none of its own.</summary>
    public static string Solid(Tone tone) => tone is Tone.Off ? "var(--ct-control)" : $"var(--ct-{Class(tone)}-solid)";
}
