using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Sync.PosImports;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>Files of tills and the stores behind them. The address says which stores are listed.</summary>
public sealed partial class ImportsPage
{
    private IReadOnlyList<PosFile> files = [];
    private IReadOnlyList<PosStore> stores = [];
    private string connection = "";
    private IBrowserFile? chosen;
    private string? said;
    private long? known;

    /// <summary><c>silent</c> or <c>holes</c>; anything else lists all.</summary>
    [SupplyParameterFromQuery(Name = "stores")] public string? Which { get; set; }
    [Inject] private PosFileStore Files { get; set; } = default!;
    [Inject] private PosImportDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ILogger<ImportsPage> Log { get; set; } = default!;

    private bool MayUpload => Person?.May(Permissions.ImportsUpload) == true;

    private IReadOnlyList<PosStore> Silent => [.. stores.Where(IsSilent)];

    private IReadOnlyList<PosStore> Holed => [.. stores.Where(store => store.Holes > 0)];

    private IReadOnlyList<PosStore> Listed => Which switch { "silent" => Silent, "holes" => Holed, _ => stores };

    private IReadOnlyList<FilterView> Views =>
    [
        new("all", "All", Links.Imports, Which is not ("silent" or "holes"), stores.Count),
        new("silent", "Silent", Links.ImportsOf("silent"), Which == "silent", Silent.Count),
        new("holes", "Numbers missing", Links.ImportsOf("holes"), Which == "holes", Holed.Count),
    ];

    protected override Following Follows => new("The files of the tills", LiveTopics.Imports);

    protected override void Show(string uri) => connection = connection.Length > 0 ? connection : Desk.Connections is [var first, ..] ? first.Id : "";

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var (listed, heard) = (await Files.ListAsync(cancel), await Files.StoresAsync(cancel));
        cancel.ThrowIfCancellationRequested();
        (files, stores) = (listed, heard);
    }

    private void Choose(InputFileChangeEventArgs e) => chosen = e.File;

    private async Task UploadAsync()
    {
        if (chosen is { } file)
        {
            await Acts.RunAsync(() => SendAsync(file));
            await LoadAsync();
        }
    }

    private async Task SendAsync(IBrowserFile file)
    {
        (said, known) = (null, null);
        try
        {
            var actor = await Actor.MustAsync(Permissions.ImportsUpload);
            if (file.Size > Desk.MaxBytes)
            {
                Acts.Wrong = $"The file is larger than {Desk.MaxBytes / 1024 / 1024} MB. Nothing was sent.";
                return;
            }

            await using var bytes = file.OpenReadStream(Desk.MaxBytes, Gone);
            var receipt = await Desk.TakeAsync(connection, file.Name, "upload", bytes, actor, Gone);
            (known, Acts.Wrong) = (receipt.Id, receipt.Refusal);
            said = receipt.Id is null ? null : receipt.IsNew ? $"I-{receipt.Id} is stored and will be read." : $"This file is here already, as I-{receipt.Id}. Nothing was changed.";
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) || error is IOException)
        {
            NotStored(Log, error);
            Acts.Wrong = "The file did not come through whole. Send it again: it is taken once, however often it is sent.";
        }
    }

    private (Status Status, string Word) Heard(PosStore store) => ImportWords.Heard(store, Clock.GetUtcNow(), Desk.SilentAfter);

    private bool IsSilent(PosStore store) => ImportWords.IsSilent(store, Clock.GetUtcNow(), Desk.SilentAfter);

    private string Count(long count) => Say.Count(count, Viewer?.Culture);

    [LoggerMessage(EventId = 3350, Level = LogLevel.Warning, Message = "A file of a till was uploaded and could not be stored")]
    private static partial void NotStored(ILogger log, Exception error);
}
