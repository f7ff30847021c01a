using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Reconciliation;
using ControlTower.Sync.Statements;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Files of processors and banks: handing them in, what became of them, and what was wrong with those that were refused.</summary>
public sealed partial class StatementsPanel : ComponentBase, IDisposable
{
    private const int Most = 100;

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private List<(string Id, string Name)> sources = [];
    private List<StatementFileRow> files = [];
    private (string Connection, DateTimeOffset? At)? loaded;
    private IBrowserFile? chosen;
    private long? opened;
    private string? said;
    private StatementFileRow? asked;
    private string reason = "";

    [Parameter, EditorRequired] public ReconQuery Query { get; set; } = default!;

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;
    [Inject] private ReconSettings Settings { get; set; } = default!;
    [Inject] private StatementDesk Desk { get; set; } = default!;
    [Inject] private ConnectionDirectory Directory { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<StatementsPanel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool MayImport => Person.May(Permissions.FinanceImport);

    private string Source => Query.Connection.Length > 0 ? Query.Connection : sources.Count > 0 ? sources[0].Id : "";

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (loaded != (Query.Connection, At))
        {
            loaded = (Query.Connection, At);
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        panel ??= new PanelGuard("The statements", Clock, Log);
        await panel.AskAsync(async () =>
        {
            sources = await Settings.StatementSourcesAsync(gone.Token);
            files = Source.Length == 0 ? [] : await Settings.StatementsAsync(Source, Most, gone.Token);
        });
    }

    private void Ask(StatementFileRow file) => (asked, reason, said, Acts.Wrong) = (file, "", null, null);

    private void Close() => (asked, Acts.Wrong) = Acts.IsBusy ? (asked, Acts.Wrong) : (null, null);

    private Task TakeBackAsync() => Acts.RunAsync(async () =>
    {
        var file = asked!;
        switch (await Desk.TakeBackAsync(file.Id, reason, await Actor.MustAsync(Permissions.FinanceImport), gone.Token))
        {
            case ReconAnswer.Done:
                (asked, said) = (null, $"{file.Name} is taken back.");
                break;
            case ReconAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    });

    private Task ImportAsync() => Acts.RunAsync(async () =>
    {
        if (chosen is not { } file)
        {
            return;
        }

        var actor = await Actor.MustAsync(Permissions.FinanceImport);
        if (await Directory.GetFreshAsync(Source, gone.Token) is not { Connector: { } connector } connection)
        {
            Acts.Wrong = "This connection is not at work. Look at it under Connections.";
        }
        else if (file.Size > StatementFile.MostBytes)
        {
            Acts.Wrong = "The file is larger than 200 MB. Export a shorter time.";
        }
        else
        {
            await using var stream = file.OpenReadStream(StatementFile.MostBytes, gone.Token);
            var receipt = await Desk.ImportAsync(connection.Profile, connector.Role, file.Name, stream, actor, gone.Token);
            said = !receipt.IsNew ? $"These bytes were handed in before, as {receipt.File.Name}: nothing changed."
                : receipt.File.Applied ? $"Taken: {Say.Count(receipt.File.Lines, Viewer?.Culture)} lines of money." : "";
            if (!receipt.File.Applied)
            {
                Acts.Wrong = $"{file.Name} was refused, and nothing of it was taken. The report says what is wrong.";
                opened = receipt.File.Id;
            }

            chosen = null;
        }

        await LoadAsync();
    });
}
