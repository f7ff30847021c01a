using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Microsoft.Extensions.Logging;
using Microsoft.JSInterop;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>One batch: how far it is, and what came of each case. The address says which result is listed.</summary>
public sealed partial class BatchPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Exceptions", Links.Exceptions), new("Batches", Links.Batches)];

    private readonly CancellationTokenSource gone = new();
    private BatchModel model = default!;
    private Virtualize<BatchItemRow>? list;
    private IDisposable? feed;
    private SignedIn? person;
    private (long Id, string? Result)? shown;
    private string? copied;

    [Parameter] public long Id { get; set; }

    /// <summary>The result that is listed, as stored; anything else lists all.</summary>
    [SupplyParameterFromQuery(Name = "result")] public string? Result { get; set; }
    [Inject] private BatchQueries Batches { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<BatchModel> Log { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private string? Listed => BatchWords.Results.FirstOrDefault(result => result == Result);

    private BatchKind Kind => model.Picture?.Row.Kind ?? BatchKind.Retry;

    private IReadOnlyList<FilterView> Views =>
    [
        new("all", "All", Links.Batch(Id), Listed is null, model.Picture?.Row.Count),
        .. BatchWords.ResultsOf(Kind).Select(result => new FilterView(result, BatchWords.Result(result, Kind).Word, Links.Batch(Id, result), Listed == result, model.Picture?.Row.CountOf(result))),
    ];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
        model.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        model = new BatchModel(Batches, Clock, Log);
        if (RendererInfo.IsInteractive)
        {
            feed = Feed.Subscribe(LiveTopics.Batches | LiveTopics.Connections, () => InvokeAsync(RefreshAsync));
        }
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync()
    {
        person = SignedIn.From((await Auth).User);
        if (RendererInfo.IsInteractive && shown != (Id, Listed))
        {
            shown = (Id, Listed);
            copied = null;
            await OpenAsync();
        }
    }

    private async Task OpenAsync()
    {
        await model.OpenAsync(Id, Listed);
        await ShownAsync();
    }

    private async Task RefreshAsync()
    {
        if (!gone.IsCancellationRequested)
        {
            await model.RefreshAsync();
            await ShownAsync();
        }
    }

    private async Task ShownAsync()
    {
        Shell.Live(model.Panel.Fault is not null || !Feed.IsConnected ? Shared.Liveness.Late : Shared.Liveness.Live, model.Panel.AnsweredAt);
        if (list is not null)
        {
            await list.RefreshDataAsync();
        }

        StateHasChanged();
    }

    private async ValueTask<ItemsProviderResult<BatchItemRow>> ProvideAsync(ItemsProviderRequest request) =>
        new(await model.WindowAsync(request.StartIndex, request.Count), model.Count);

    private async Task CopyFailedAsync()
    {
        var (text, count) = await model.FailedAsync();
        var done = await Js.InvokeAsync<bool>("ctList.copy", gone.Token, text);
        copied = !done ? "The browser did not let us copy."
            : count < model.Picture?.Row.Failed ? $"The first {Say.Count(count, Viewer?.Culture)} failed ids are copied; open the failed on the desk for all."
            : $"{Say.Count(count, Viewer?.Culture)} failed {(count == 1 ? "id is" : "ids are")} copied.";
    }

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
