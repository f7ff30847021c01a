using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>
/// While nobody sees the tab nothing is asked for it; what changed meanwhile is read when it is seen again. Whoever wants a list that holds still is told that something changed, and sees it at the
/// pace that they chose, or when they ask.
/// </summary>
public sealed partial class ExceptionsPage
{
    private DotNetObjectReference<ExceptionsPage>? self;
    private bool isHidden;
    private DeskPace pace = DeskPace.All[0];
    private long followed;
    private bool isBehind;

    [Inject] private DeskChoice Setting { get; set; } = default!;

    /// <summary>The browser says whether the tab is in sight.</summary>
    [JSInvokable]
    public Task SightAsync(bool seen)
    {
        isHidden = !seen;
        return seen ? FollowAsync() : Task.CompletedTask;
    }

    // Something changed, and nobody here did it.
    private Task FollowAsync()
    {
        if (gone.IsCancellationRequested || isHidden)
        {
            return Task.CompletedTask;
        }

        if (HasFault || pace.Allows(Clock.GetElapsedTime(followed)))
        {
            return RefreshAsync();
        }

        if (!isBehind)
        {
            isBehind = true;
            news = "Something may have changed; the list is paused";
            StateHasChanged();
        }

        ShowLiveness();

        return Task.CompletedTask;
    }

    private Task<bool> StillTrueAsync() =>
        isHidden ? Task.FromResult(true)
        : HasFault ? Task.FromResult(false)
        : isBehind ? Task.FromResult(!pace.Allows(Clock.GetElapsedTime(followed)))
        : Shell.StillTrueAsync(InvokeAsync, model.ListPanel, model.CausesPanel, model.CasePanel);

    // What failed is asked for again whatever was chosen.
    private bool HasFault => model.ListPanel.Fault is not null || model.CausesPanel.Fault is not null || model.CasePanel.Fault is not null;

    private Task PaceAsync(DeskPace wanted)
    {
        pace = wanted;
        return isBehind ? FollowAsync() : Task.CompletedTask;
    }

    private void ShowLiveness() => Shell.Live(
        model.ListPanel.Fault is not null || !Feed.IsConnected ? Shared.Liveness.Late : isBehind ? Shared.Liveness.Paused : Shared.Liveness.Live, model.ListPanel.AnsweredAt);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            self = DotNetObjectReference.Create(this);
            await Js.InvokeVoidAsync("ctList.sight", gone.Token, self);
        }
    }
}
