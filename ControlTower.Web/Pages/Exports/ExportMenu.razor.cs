using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exports;

/// <summary>A list as a file: a short one is a link, a long one is made by a worker. A key goes with what was asked, so that two clicks are one export, and asking again after an error as well.</summary>
public sealed partial class ExportMenu : ComponentBase
{
    private static readonly TimeSpan OneAsking = TimeSpan.FromSeconds(10);

    private (ExportFormat Format, Guid Key, DateTimeOffset? BegunAt)? asked;
    private long? begun;
    private string? refused;
    private bool busy;
    private string? seen;

    /// <summary>The address of the list as it is filtered.</summary>
    [Parameter, EditorRequired] public string List { get; set; } = "";

    /// <summary>Null while it is not known.</summary>
    [Parameter] public long? Count { get; set; }
    [Parameter] public string Title { get; set; } = "Take along as a file";
    [Parameter] public IReadOnlyList<ExportFormat> Formats { get; set; } = Enum.GetValues<ExportFormat>();
    [Parameter] public string One { get; set; } = "case";
    [Parameter] public string Many { get; set; } = "cases";

    /// <summary>What is asked for when it is made by a worker.</summary>
    [Parameter, EditorRequired] public Func<ExportFormat, ExportAsked> Ask { get; set; } = default!;
    [Inject] private ExportDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ExportMenu> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool IsLong => Count > ExportDesk.AtOnce;

    protected override void OnParametersSet()
    {
        if (seen != List)
        {
            (seen, begun, refused, asked) = (List, null, null, null);
        }
    }

    private async Task StartAsync(ExportFormat format)
    {
        if (busy)
        {
            return;
        }

        (busy, begun, refused) = (true, null, null);
        var key = asked is { } same && same.Format == format && !(Clock.GetUtcNow() - same.BegunAt > OneAsking) ? same.Key : Guid.NewGuid();
        asked = (format, key, null);
        try
        {
            var ask = Ask(format);
            var receipt = await Desk.StartAsync(key, ask, await Actor.MustAsync(ExportWords.PermissionOf(ask.Kind)), CancellationToken.None);
            (begun, refused, asked) = (receipt.Id, receipt.Refusal, (format, key, Clock.GetUtcNow()));
        }
        catch (UnauthorizedAccessException)
        {
            refused = "You may not take this list along. Nothing was changed.";
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            NotBegun(Log, error);
            // The key stays: whether or not it was begun, asking again begins it once.
            refused = "The database did not answer. Ask again: it is begun once.";
        }
        finally
        {
            busy = false;
        }
    }

    [LoggerMessage(EventId = 3340, Level = LogLevel.Warning, Message = "An export was asked for and the database did not answer")]
    private static partial void NotBegun(ILogger log, Exception error);
}
