using ControlTower.Sync.Orders;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>Calling an order off, from its own page and from its case: what that leads to in every system first, then the act. Asks for the permission again before the act.</summary>
public sealed partial class CancelOrder : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private CancelOutlook? outlook;
    private Guid act;
    private string? said;
    private SignedIn? person;

    /// <summary>The order's flow.</summary>
    [Parameter, EditorRequired] public long Order { get; set; }
    [Parameter] public bool Busy { get; set; }

    /// <summary>It was called off: what the page shows is of before.</summary>
    [Parameter] public EventCallback OnDone { get; set; }
    [Inject] private OrderDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Auth { get; set; }

    private bool May => person?.May(Permissions.OrdersCancel) == true;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = Auth is null ? null : SignedIn.From((await Auth).User);

    // One opening is one act: a second click on its button is the same one.
    private Task OpenAsync() => GuardedAsync(async () =>
    {
        (act, said) = (Guid.NewGuid(), null);
        outlook = await Desk.OutlookAsync(Order, gone.Token);
        if (outlook is null)
        {
            Snackbar.Add("There is no order to cancel any more.", Severity.Warning);
        }
    });

    private Task CallOffAsync(string reason) => GuardedAsync(async () =>
    {
        if (outlook is not { } seen)
        {
            return;
        }

        said = null;
        var answer = await Desk.CallOffAsync(act, seen.Id, seen.Version, reason, await Actor.MustAsync(Permissions.OrdersCancel), gone.Token);
        if (answer is OrderAnswer.Taken)
        {
            outlook = null;
            Snackbar.Add($"Order {seen.Name} is called off. What is under way is awaited; the order says when it is cancelled.", Severity.Success);
            await OnDone.InvokeAsync();
            return;
        }

        // What is shown is read anew: the next click answers to it.
        outlook = await Desk.OutlookAsync(Order, gone.Token);
        said = outlook is { WhyNot: not null } ? null : answer switch
        {
            OrderAnswer.Stale => "The order changed since you opened this. Nothing was done. Read again what follows now.",
            OrderAnswer.NotAllowed not => $"{not.Why} Nothing was done.",
            OrderAnswer.Reused => "It was called off already, for the reason you gave first.",
            _ => "It is over. Nothing was done.",
        };
    });

    private async Task GuardedAsync(Func<Task> work)
    {
        await Acts.RunAsync(work);
        if (Acts.Wrong is { } failed)
        {
            Snackbar.Add(failed, Severity.Error);
        }
    }
}
