using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Sync.PosImports;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>Files of tills and the stores behind them. The address says which stores are listed.</summary>
public sealed partial class ImportsPage : ComponentBase, IDisposable
{
    private ImportsModel model = default!;
    private IDisposable? feed;
    private SignedIn? person;
    private string connection = "";
    private IBrowserFile? chosen;
    private bool disposed;

    /// <summary><c>silent</c> or <c>holes</c>; anything else lists all.</summary>
    [SupplyParameterFromQuery(Name = "stores")] public string? Show { get; set; }
    [Inject] private PosFileStore Files { get; set; } = default!;
    [Inject] private PosImportDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ImportsModel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayUpload => person?.May(Permissions.ImportsUpload) == true;

    private IReadOnlyList<PosStore> Silent => [.. model.Stores.Where(model.IsSilent)];

    private IReadOnlyList<PosStore> Holed => [.. model.Stores.Where(store => store.Holes > 0)];

    private IReadOnlyList<PosStore> Listed => Show switch { "silent" => Silent, "holes" => Holed, _ => model.Stores };

    private IReadOnlyList<FilterView> Views =>
    [
        new("all", "All", Links.Imports, Show is not ("silent" or "holes"), model.Stores.Count),
        new("silent", "Silent", Links.ImportsOf("silent"), Show == "silent", Silent.Count),
        new("holes", "Numbers missing", Links.ImportsOf("holes"), Show == "holes", Holed.Count),
    ];

    public void Dispose()
    {
        disposed = true;
        feed?.Dispose();
        model.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized() => model = new ImportsModel(Files, Desk, Actor, Clock, Log);

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            feed = Feed.Subscribe(LiveTopics.Imports, () => InvokeAsync(LoadAsync));
            await LoadAsync();
        }
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    private async Task LoadAsync()
    {
        if (disposed)
        {
            return;
        }

        await model.LoadAsync();
        connection = connection.Length > 0 ? connection : model.Connections is [var first, ..] ? first.Id : "";
        Shell.Live(model.Panel.Fault is not null || !Feed.IsConnected ? Shared.Feed.Late : Shared.Feed.Live, model.Panel.AnsweredAt);
        StateHasChanged();
    }

    private void Choose(InputFileChangeEventArgs e) => chosen = e.File;

    private async Task UploadAsync()
    {
        if (chosen is { } file)
        {
            await model.UploadAsync(connection, file.Name, file.Size, () => file.OpenReadStream(model.MaxBytes));
            await LoadAsync();
        }
    }

    private string Count(long count) => Say.Count(count, Viewer?.Culture);

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
