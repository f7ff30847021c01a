using ControlTower.Sync.Operations;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Erasing what a message says that never became an order, from its closed case. Asks for the permission again before the act.</summary>
public sealed partial class EraseMessage : ComponentBase, IDisposable
{
    private static readonly DialogOptions Wide = new() { MaxWidth = MaxWidth.Small, FullWidth = true, CloseOnEscapeKey = true };

    private readonly CancellationTokenSource gone = new();
    private SignedIn? person;
    private bool asking, wrong;
    private string reason = "";

    [Parameter, EditorRequired] public long Case { get; set; }

    /// <summary>The case is open: it is still needed.</summary>
    [Parameter] public bool Open { get; set; }
    [Parameter] public bool Busy { get; set; }
    [Parameter] public EventCallback OnDone { get; set; }
    [Inject] private ErasureDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Auth { get; set; }

    private bool May => person?.May(Permissions.OrdersErase) == true;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = Auth is null ? null : SignedIn.From((await Auth).User);

    private void Changed(bool visible)
    {
        if (!visible)
        {
            (asking, wrong, reason) = (false, false, "");
        }
    }

    private async Task ConfirmAsync()
    {
        wrong = reason.Trim().Length < CaseDesk.ShortestReason;
        if (wrong)
        {
            return;
        }

        await Acts.RunAsync(async () =>
        {
            var answer = await Desk.EraseMessageAsync(Case, reason, await Actor.MustAsync(Permissions.OrdersErase), gone.Token);
            Changed(false);
            Snackbar.Add(answer switch
            {
                ErasureAnswer.Erased => "What the message said is erased.",
                ErasureAnswer.AskedBefore => "It was erased before; nothing more was done.",
                ErasureAnswer.StillOpen => "A case of this message is open. Resolve or discard it first; nothing was erased.",
                ErasureAnswer.OfAnOrder => "The message belongs to an order or a return. Erase the buyer there; nothing was erased here.",
                _ => "There is no such message any more.",
            }, answer is ErasureAnswer.Erased or ErasureAnswer.AskedBefore ? Severity.Success : Severity.Warning);
            await OnDone.InvokeAsync();
        });
        if (Acts.Wrong is { } failed)
        {
            Snackbar.Add(failed, Severity.Error);
        }
    }
}
