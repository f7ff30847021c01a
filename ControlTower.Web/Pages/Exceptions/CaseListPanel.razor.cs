using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using ControlTower.Data.Views;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Web.Virtualization;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>The middle of the desk: the cases of one cause, ticks, what is new.</summary>
public sealed partial class CaseListPanel : ComponentBase
{
    /// <summary>Pixels of a row with its line; the virtual table and the keys count with it.</summary>
    public const int RowHeight = 41;

    private Virtualize<CaseListItem>? list;
    private IReadOnlyList<CaseColumn> columns = CaseColumns.Usual;

    [Parameter, EditorRequired] public ExceptionsModel Model { get; set; } = default!;
    [Parameter, EditorRequired] public ExceptionsQuery Query { get; set; } = default!;
    [Parameter] public long? CurrentId { get; set; }
    [Parameter] public bool MayRetry { get; set; }
    [Parameter] public bool MayAssign { get; set; }

    [Parameter] public bool MayResolve { get; set; }

    /// <summary>The ticked cases are to be closed.</summary>
    [Parameter] public EventCallback<CaseEnding> OnEnd { get; set; }

    /// <summary>May open an incident about a cause.</summary>
    [Parameter] public bool MayTell { get; set; }
    [Parameter] public EventCallback OnAssign { get; set; }
    [Parameter] public EventCallback OnSnooze { get; set; }
    [Parameter] public bool Busy { get; set; }
    [Parameter] public bool ShowSkeleton { get; set; }
    [Parameter] public DeskPace Pace { get; set; } = DeskPace.All[0];

    /// <summary>Something changed that is not shown, because the person chose so.</summary>
    [Parameter] public bool Behind { get; set; }
    [Parameter] public EventCallback<DeskPace> OnPace { get; set; }
    [Parameter] public EventCallback<long> OnOpen { get; set; }
    [Parameter] public EventCallback<(long Id, bool Range)> OnTick { get; set; }
    [Parameter] public EventCallback OnTickAll { get; set; }
    [Parameter] public EventCallback OnShowNew { get; set; }
    [Parameter] public EventCallback OnRetry { get; set; }
    [Parameter] public EventCallback OnRetryCause { get; set; }
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private DeskChoice Chosen { get; set; } = default!;
    [Inject] private MudBlazor.ISnackbar Snackbar { get; set; } = default!;
    [Inject] private ViewerChoices Choices { get; set; } = default!;
    [CascadingParameter] private Task<AuthenticationState>? Auth { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private Cause? Cause => Model.Cause;

    /// <summary>Draws the rows as the model has them now.</summary>
    public Task ReadAgainAsync() => list?.RefreshDataAsync() ?? Task.CompletedTask;

    protected override void OnInitialized() => columns = CaseColumns.Parse(Chosen.Columns ?? Viewer?.CaseColumns);

    // Shown at once, and remembered for the next visit if the database answers.
    private async Task ChooseAsync(IReadOnlyList<CaseColumn> wanted, DeskPace pace)
    {
        (columns, Chosen.Columns, Chosen.Pace) = (wanted, CaseColumns.Text(wanted), pace.Seconds);
        if (pace != Pace)
        {
            await OnPace.InvokeAsync(pace);
        }

        if (Auth is null || SignedIn.From((await Auth).User) is not { } me)
        {
            return;
        }

        try
        {
            await Choices.SaveDeskAsync(me.AccountId, Chosen.Columns, pace.Seconds, CancellationToken.None);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            Snackbar.Add("The database did not answer: this is not remembered for your next visit.", MudBlazor.Severity.Warning);
        }
    }

    private static string Wide(CaseColumn column) => column.Width switch { ColumnWidth.Narrow => "narrow", ColumnWidth.Wide => "wide", _ => "" };

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private async ValueTask<ItemsProviderResult<CaseListItem>> ProvideAsync(ItemsProviderRequest request) =>
        new(await Model.WindowAsync(request.StartIndex, request.Count), Model.Ids.Count);
}
