using System.Globalization;
using ControlTower.Data.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>A batch's words and looks.</summary>
internal static class BatchWords
{
    public static IReadOnlyList<string> Results { get; } = ["failed", "proven", "passed", "sent", "waiting", "skipped"];

    /// <summary>The results that items of such a batch can have.</summary>
    public static IReadOnlyList<string> ResultsOf(BatchKind kind) => kind is BatchKind.Retry ? Results : ["passed", "waiting", "skipped"];

    /// <summary>The right to start, pause, resume and stop it.</summary>
    public static string Permission(BatchKind kind) => kind switch
    {
        BatchKind.Retry => Permissions.ExceptionsRetry,
        BatchKind.Resolve or BatchKind.Discard => Permissions.ExceptionsResolve,
        _ => Permissions.ExceptionsAssign,
    };

    public static string Act(BatchKind kind) => kind switch { BatchKind.Wake => "Back on the board", _ => kind.ToString() };

    public static string Does(BatchKind kind) => kind switch
    {
        BatchKind.Retry => "sends",
        BatchKind.Resolve => "resolves them",
        BatchKind.Discard => "discards them",
        BatchKind.Assign => "assigns them",
        BatchKind.Snooze => "snoozes them",
        _ => "puts them back on the board",
    };

    public static (Status Status, string Word) State(BatchRow row) => row.State switch
    {
        "running" => (Status.Run, "Running"),
        "paused" => (Status.Held, $"Paused by {row.StateBy}"),
        "stopped" => (Status.Bad, "Stopped by itself"),
        "cancelled" => (Status.Off, $"Stopped by {row.StateBy}"),
        _ => row.Failed > 0 ? (Status.Warn, "Done, some failed") : row.Skipped + row.Passed > 0 ? (Status.Ok, "Done") : (Status.Proven, "Done, all proven"),
    };

    /// <param name="kind">Of the batch: where nothing is sent, an item that is over is simply done.</param>
    public static (Status Status, string Word) Result(string result, BatchKind kind = BatchKind.Retry) => result switch
    {
        "passed" when kind is not BatchKind.Retry => (Status.Ok, "Done"),
        "waiting" when kind is not BatchKind.Retry => (Status.Wait, "Not done yet"),
        "proven" => (Status.Proven, "Proven"),
        "passed" => (Status.Ok, "Went on"),
        "failed" => (Status.Bad, "Failed"),
        "sent" => (Status.Run, "Retrying"),
        "waiting" => (Status.Wait, "Not sent yet"),
        _ => (Status.Off, "Skipped"),
    };

    public static string Limit(decimal share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##}%");

    public static string Wait(BatchWait wait) =>
        $"Waits for {wait.Target}: {(wait.Paused ? "paused" : "not answering")}. {wait.Count} sent, nothing failed by it.";

    /// <summary>The stage, or the stages that are drawn as one.</summary>
    public static string Stage(BatchBar bar) =>
        bar.First == bar.Last ? string.Create(CultureInfo.InvariantCulture, $"Stage {bar.First}") : string.Create(CultureInfo.InvariantCulture, $"Stages {bar.First} to {bar.Last}");

    public static Status Of(BatchBar bar, BatchRow row) => bar switch
    {
        { IsSettled: true, Failed: > 0 } => Status.Bad,
        { IsSettled: true, Proven: 0, Passed: 0 } => Status.Off,
        { IsSettled: true } => Status.Ok,
        _ when bar.Sent + bar.Settled > 0 && row.State is "paused" => Status.Held,
        _ when bar.Sent + bar.Settled > 0 => Status.Run,
        _ => Status.Wait,
    };

    /// <summary>So that a stage of one is seen beside one of a hundred.</summary>
    public static string Width(BatchBar bar) => string.Create(CultureInfo.InvariantCulture, $"flex:{Math.Clamp(Math.Sqrt(bar.Count), 2.5, 12):0.##}");

    public static string Share(int part, BatchBar bar) => string.Create(CultureInfo.InvariantCulture, $"width:{100.0 * part / bar.Count:0.##}%");
}
