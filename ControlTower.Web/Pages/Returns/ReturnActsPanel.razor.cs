using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Returns;
using ControlTower.Sync.Returns;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace ControlTower.Web.Pages.Returns;

/// <summary>What may be done to a return now, by whoever looks at it. Each press is one act with an id of its own; pressed again after an error it is the same act.</summary>
public sealed partial class ReturnActsPanel : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private IReadOnlyList<ReturnPlace> places = [];
    private SignedIn? person;
    private Guid act = Guid.NewGuid();
    private string place = "", line = "", why = "", reference = "", said = "";
    private int pieces = 1;
    private GoodsCondition condition;
    private ReturnStep step;
    private (int, int)? under;

    [Parameter, EditorRequired] public ReturnDetail Detail { get; set; } = default!;
    [Parameter, EditorRequired] public ReturnView View { get; set; } = default!;

    /// <summary>Something was said: look again.</summary>
    [Parameter] public EventCallback OnSaid { get; set; }
    [Inject] private ReturnDesk Desk { get; set; } = default!;
    [Inject] private ReturnQueries Queries { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayReceive => person?.May(Permissions.ReturnsReceive) == true;

    private bool MayApprove => person?.May(Permissions.ReturnsApprove) == true;

    private bool MayStart => person?.May(Permissions.ReturnsStart) == true;

    private bool HasActs => View.AwaitsPerson || View.MayInspect || View.MayEnd || View.Stuck.Count > 0;

    private (int Receipts, int Inspections) Shown => (View.Receipts.Count, View.Inspections.Count);

    /// <summary>What was said of the goods is not applied yet.</summary>
    private bool IsUnderWay => under == Shown;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        places = await Queries.PlacesAsync(gone.Token);
        place = places.FirstOrDefault(p => p.Id == View.Store)?.Id ?? "";
    }

    protected override void OnParametersSet()
    {
        if (View.Lines.All(l => l.OrderLineId != line))
        {
            (line, pieces) = View.Lines.FirstOrDefault(l => l.Accepted + l.Rejected < l.Quantity) is { } open ? (open.OrderLineId, open.Quantity - open.Accepted - open.Rejected) : ("", 1);
        }

        step = View.Stuck.Contains(step) || View.Stuck.Count == 0 ? step : View.Stuck[0];
    }

    private async Task ApproveAsync() => await SayAsync(Permissions.ReturnsApprove, actor => Desk.ApproveAsync(Detail.Head.Id, act, actor, gone.Token));

    private async Task EndAsync(bool refuse) => await (refuse
        ? SayAsync(Permissions.ReturnsApprove, actor => Desk.RefuseAsync(Detail.Head.Id, act, why, actor, gone.Token))
        : SayAsync(Permissions.ReturnsStart, actor => Desk.CancelAsync(Detail.Head.Id, act, why, actor, gone.Token)));

    private Task InspectAsync() => GoodsAsync(actor => Desk.InspectAsync(Detail.Head.Id, act, Place(), [new InspectedLine(line, pieces, condition)], View.Inspections.Count, actor, gone.Token));

    private Task ReceiveAsync() => GoodsAsync(actor => Desk.ReceiveAsync(Detail.Head.Id, act, Place(), [new ReceivedLine(line, pieces)], complete: false, View.Receipts.Count, actor, gone.Token));

    // The form is empty until what was said is in the books: said again, it would be said of other goods.
    private async Task GoodsAsync(Func<Actor, Task<ReturnAnswer>> say)
    {
        var shown = Shown;
        if (await SayAsync(Permissions.ReturnsReceive, say))
        {
            (under, line, condition) = (shown, "", default);
            OnParametersSet();
        }
    }

    private async Task SettleAsync() => await SayAsync(Permissions.ReturnsApprove, actor => Desk.SettleByHandAsync(Detail.Head.Id, act, step, reference, actor, gone.Token));

    private string Place() => place.Length > 0 ? place : throw new ArgumentException("Choose where the goods lie.");

    /// <returns>True if it was written down.</returns>
    private async Task<bool> SayAsync(string permission, Func<Actor, Task<ReturnAnswer>> say)
    {
        var taken = false;
        await Acts.RunAsync(async () => taken = await TellAsync(permission, say));
        return taken;
    }

    private async Task<bool> TellAsync(string permission, Func<Actor, Task<ReturnAnswer>> say)
    {
        said = "";
        var answer = await say(await Actor.MustAsync(permission));
        if (answer is ReturnAnswer.Refused refused)
        {
            Acts.Wrong = refused.Words;
        }
        else
        {
            (said, why, reference) = ("It is written down and will be done. What becomes of it is shown here.", "", "");
        }

        act = Guid.NewGuid();
        await OnSaid.InvokeAsync();
        return answer is ReturnAnswer.Taken;
    }
}
