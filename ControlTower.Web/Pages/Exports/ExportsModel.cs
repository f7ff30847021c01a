using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exports;

/// <summary>A person's exports without the markup. What they may not read any more is not listed.</summary>
public sealed partial class ExportsModel(ExportStore exports, ExportDesk desk, CurrentActor current, TimeProvider clock, ILogger<ExportsModel> log) : IDisposable
{
    private readonly CancellationTokenSource gone = new();

    public PanelGuard Panel { get; } = new("The list of your exports", clock, log);

    public IReadOnlyList<ExportRow> Rows { get; private set; } = [];

    /// <summary>What came of the last act.</summary>
    public string? Said { get; private set; }

    public bool IsBusy { get; private set; }

    public async Task LoadAsync(SignedIn person) => await Panel.AskAsync(async () =>
        Rows = [.. (await exports.ListAsync(person.AccountId, gone.Token)).Where(row => person.May(ExportWords.PermissionOf(row.Kind)))]);

    public async Task CancelAsync(ExportRow row)
    {
        if (IsBusy)
        {
            return;
        }

        IsBusy = true;
        try
        {
            Said = await desk.CancelAsync(row, await current.MustAsync(ExportWords.PermissionOf(row.Kind)), CancellationToken.None) ?? $"{row.Name} is cancelled.";
        }
        catch (UnauthorizedAccessException)
        {
            Said = "You may not do this any more. Nothing was changed.";
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            NotCancelled(log, error);
            Said = "The database did not answer, so it is not certain whether that was done. Look at the state before you repeat it.";
        }
        finally
        {
            IsBusy = false;
        }
    }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    [LoggerMessage(EventId = 3341, Level = LogLevel.Warning, Message = "An export was called off and the database did not answer")]
    private static partial void NotCancelled(ILogger log, Exception error);
}
