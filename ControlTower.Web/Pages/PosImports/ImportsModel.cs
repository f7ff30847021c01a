using ControlTower.Data.Db;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.PosImports;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>Till files and stores without the markup.</summary>
public sealed partial class ImportsModel(PosFileStore files, PosImportDesk desk, CurrentActor current, TimeProvider clock, ILogger log) : IDisposable
{
    private readonly CancellationTokenSource gone = new();

    public PanelGuard Panel { get; } = new("The files of the tills", clock, log);

    public IReadOnlyList<PosFile> Files { get; private set; } = [];

    public IReadOnlyList<PosStore> Stores { get; private set; } = [];

    public IReadOnlyList<ConnectionProfile> Connections => desk.Connections;

    /// <summary>What came of the last upload.</summary>
    public string? Said { get; private set; }

    /// <summary>Why the last upload was not taken.</summary>
    public string? Wrong { get; private set; }

    public long? Known { get; private set; }

    public bool IsBusy { get; private set; }

    public long MaxBytes => desk.MaxBytes;

    public Task LoadAsync() => Panel.AskAsync(async () => (Files, Stores) = (await files.ListAsync(gone.Token), await files.StoresAsync(gone.Token)));

    public (Status Status, string Word) Heard(PosStore store) => ImportWords.Heard(store, clock.GetUtcNow(), desk.SilentAfter);

    public bool IsSilent(PosStore store) => ImportWords.IsSilent(store, clock.GetUtcNow(), desk.SilentAfter);

    /// <summary>Stores the file and lets it be read. May be repeated after any error: the same bytes are the same file.</summary>
    public async Task UploadAsync(string connection, string name, long size, Func<Stream> open)
    {
        if (IsBusy)
        {
            return;
        }

        (IsBusy, Said, Wrong, Known) = (true, null, null, null);
        try
        {
            var actor = await current.MustAsync(Permissions.ImportsUpload);
            if (size > MaxBytes)
            {
                Wrong = $"The file is larger than {MaxBytes / 1024 / 1024} MB. Nothing was sent.";
                return;
            }

            await using var bytes = open();
            var receipt = await desk.TakeAsync(connection, name, "upload", bytes, actor, gone.Token);
            (Known, Wrong) = (receipt.Id, receipt.Refusal);
            Said = receipt.Id is null ? null : receipt.IsNew ? $"I-{receipt.Id} is stored and will be read." : $"This file is here already, as I-{receipt.Id}. Nothing was changed.";
        }
        catch (UnauthorizedAccessException)
        {
            Wrong = "You may not do this any more. Nothing was stored.";
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) || error is IOException)
        {
            NotStored(log, error);
            Wrong = "The file did not come through whole. Send it again: it is taken once, however often it is sent.";
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

    [LoggerMessage(EventId = 3350, Level = LogLevel.Warning, Message = "A file of a till was uploaded and could not be stored")]
    private static partial void NotStored(ILogger log, Exception error);
}
