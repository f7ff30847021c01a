using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>How prices of a release, its stages and its channels are told.</summary>
internal static class ReleaseWords
{
    public static (Status Status, string Word) Phase(CellPhase phase) => phase switch
    {
        CellPhase.Waiting => (Status.Wait, "Waiting"),
        CellPhase.Applying => (Status.Run, "Applying"),
        CellPhase.Written => (Status.Run, "Written, to be read back"),
        CellPhase.Offline => (Status.Wait, "Offline"),
        CellPhase.Proven => (Status.Proven, "As intended"),
        CellPhase.Drifted => (Status.Bad, "Changed by somebody"),
        CellPhase.Failed => (Status.Bad, "Failed"),
        CellPhase.Outdone => (Status.Off, "Another promotion wins"),
        CellPhase.Ignored => (Status.Off, "Ignored"),
        CellPhase.Reverting => (Status.Run, "Going back"),
        CellPhase.Returned => (Status.Run, "Set back, to be read back"),
        CellPhase.Stuck => (Status.Bad, "Cannot go back"),
        CellPhase.Reverted => (Status.Proven, "Back as before"),
        CellPhase.LeftAlone => (Status.Warn, "Left alone"),
        _ => (Status.Off, "Never written"),
    };

    /// <summary>Why a price is not as intended, in one line.</summary>
    public static string Why(ReleaseCell cell) => cell.Phase switch
    {
        _ when cell.IgnoredWhy is not null => $"{cell.IgnoredBy}: {cell.IgnoredWhy}",
        CellPhase.Drifted => $"Changed after it was proven. {ChangedBy(cell)}",
        CellPhase.LeftAlone when cell.Failure == "missing" => "The channel does not list it any more",
        CellPhase.LeftAlone => $"Left as it is. {ChangedBy(cell)}",
        CellPhase.Failed when cell.Failure == "base-changed" => $"{cell.FailureMessage} {ChangedBy(cell)}",
        CellPhase.Failed or CellPhase.Stuck => cell.FailureMessage ?? "The channel did not take it",
        CellPhase.Offline or CellPhase.Returned when cell.Failure == "offline" => "Not heard; it follows when it is back",
        CellPhase.Waiting => "Waits for its stage and its hour",
        CellPhase.Applying => cell.FailureMessage ?? "Not applied yet",
        CellPhase.Written => "Written, not read back as intended yet",
        CellPhase.Reverting => cell.FailureMessage ?? "On its way back",
        CellPhase.Outdone => "Another promotion's price stands there",
        _ => "",
    };

    /// <summary>Who put another price there, as far as anybody knows.</summary>
    public static string ChangedBy(ReleaseCell cell) => cell.ChangedBy is { } who ? $"By: {who.TrimEnd('.')}." : "By whom is not known: the channel does not say, and the tower did not write it.";

    /// <summary>One cell of the matrix by icon and word; the share where prices are already out.</summary>
    /// <param name="shut">The channel is paused or its breaker is not closed.</param>
    /// <param name="when">A time in words.</param>
    public static (Status Status, string Word) Cell(MatrixCell cell, bool held, bool shut, bool stageStarted, DateTimeOffset now, Func<DateTimeOffset, string> when)
    {
        var counted = cell.Cells - cell.Aside;
        var share = cell.Parity is { } parity ? Say.Percent((double)parity) : Say.None;
        return cell switch
        {
            _ when counted <= 0 => (Status.Off, cell.Cells > 0 ? "aside" : "never"),
            { Stuck: > 0 } => (Status.Bad, $"{Say.Count(cell.Stuck)} stuck"),
            { GoingBack: > 0 } => (Status.Run, "going back"),
            _ when cell.Reverted + cell.LeftAlone >= counted => (Status.Proven, "back"),
            { Failed: > 0 } or { Drifted: > 0 } => (Status.Bad, share),
            _ when shut && cell.Proven < counted => (Status.Wait, "deferred"),
            { Moving: > 0 } => (Status.Run, share),
            _ when cell.Proven == counted => (Status.Proven, share),
            { Offline: > 0 } => (Status.Wait, $"{Say.Count(cell.Offline)} offline"),
            _ when held => (Status.Held, "held"),
            { NextStart: { } next } when stageStarted && next > now => (Status.Wait, $"from {when(next)}"),
            _ when cell.Proven > 0 => (Status.Run, share),
            _ => (Status.Wait, stageStarted ? "due" : "ready"),
        };
    }

    /// <summary>Where a price stands, as people call it.</summary>
    public static string Where(ReleaseCell cell) => cell.Place.Length == 0 ? cell.ConnectionName : $"{cell.PlaceName ?? cell.Place}, {cell.ConnectionName}";

    public static string Intended(ReleaseCell cell) => cell.Kind == "checkout" ? "At the checkout" : PromotionWords.Price(cell.Price, cell.Currency);

    public static (Status Status, string Icon) Log(string tone) => tone switch
    {
        "ok" => (Status.Proven, MudBlazor.Icons.Material.Rounded.Verified),
        "work" => (Status.Run, MudBlazor.Icons.Material.Rounded.Autorenew),
        "warn" => (Status.Warn, MudBlazor.Icons.Material.Rounded.Warning),
        "bad" => (Status.Bad, MudBlazor.Icons.Material.Rounded.Error),
        "hold" => (Status.Warn, MudBlazor.Icons.Material.Rounded.PauseCircle),
        "back" => (Status.Warn, MudBlazor.Icons.Material.Rounded.Undo),
        _ => (Status.Ok, MudBlazor.Icons.Material.Rounded.PlayArrow),
    };

    public static bool CanRetry(ReleaseCell cell) => cell.Phase is CellPhase.Failed or CellPhase.Stuck or CellPhase.Offline or CellPhase.Applying or CellPhase.Reverting or CellPhase.Written or CellPhase.Returned;

    public static bool CanKeep(ReleaseCell cell) => cell.Phase is CellPhase.Waiting or CellPhase.Applying or CellPhase.Failed or CellPhase.Stuck or CellPhase.Drifted or CellPhase.Offline || cell is { Phase: CellPhase.Returned, Failure: "offline" };

    /// <summary>The stage that a person may let begin next; null: all have begun.</summary>
    public static ReleaseStage? Next(IReadOnlyList<ReleaseStage> stages) => stages.FirstOrDefault(s => s.StartedAt is null);

    /// <summary>Why the next stage cannot be advanced now; null: it can.</summary>
    public static string? NotYet(IReadOnlyList<ReleaseStage> stages, bool held) => Next(stages) is not { } next ? "Every stage has begun."
        : held ? "It is held. Resume it first."
        : stages.FirstOrDefault(s => s.Stage == next.Stage - 1) is { ProvenAt: null } before ? $"Stage {before.Stage} is not proven yet."
        : null;
}
