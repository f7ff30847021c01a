using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>One case: what happened, why, what to do; request and answer for those who may read them; attempts; who did what.</summary>
public sealed partial class CasePane : ComponentBase
{
    private CaseWords? words;
    private string? shown;
    private (long Case, CaseTab Tab)? reading;
    private Repair.RepairActs? repair;

    [Parameter, EditorRequired] public ExceptionsModel Model { get; set; } = default!;
    [Parameter, EditorRequired] public ExceptionsQuery Query { get; set; } = default!;
    [Parameter, EditorRequired] public long CaseId { get; set; }
    [Parameter] public bool MayRetry { get; set; }
    [Parameter] public bool MayAssign { get; set; }
    [Parameter] public EventCallback OnAssign { get; set; }
    [Parameter] public EventCallback OnSnooze { get; set; }
    [Parameter] public EventCallback OnWake { get; set; }
    [Parameter] public DateTimeOffset? ActedAt { get; set; }
    [Parameter] public EventCallback OnUndo { get; set; }
    [Parameter] public bool MayResolve { get; set; }
    [Parameter] public bool MayRead { get; set; }
    [Parameter] public bool Busy { get; set; }
    [Parameter] public EventCallback OnClose { get; set; }
    [Parameter] public EventCallback OnRetry { get; set; }
    /// <summary>The retry is to be called off.</summary>
    [Parameter] public EventCallback OnCallOff { get; set; }
    [Parameter] public EventCallback<CaseEnding> OnResolve { get; set; }
    [Parameter] public EventCallback OnReload { get; set; }
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private Viewer Reader => Viewer ?? Shared.Viewer.Default;

    private CaseDetail? Detail => Model.Detail;

    // Calls that only read belong to the attempt for which they read.
    private int Attempt => Detail!.Attempts.Select(call => call.Attempt).Append(Detail.Row.Attempts).Max();

    private (Status Status, string? Word, int? Attempt) State => CaseWording.State(Detail!.Row);

    private string Route => (Detail!.SourceName, Detail.TargetName) switch
    {
        ({ } from, { } to) when from != to => $"{from} → {to}",
        ({ } from, _) => from,
        (_, { } to) => to,
        _ => "ControlTower",
    };

    // A ticket is what somebody typed: it leads somewhere only if it is an address of the web.
    private static string? TicketLink(string ticket) => Uri.TryCreate(ticket, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.AbsoluteUri : null;

    private IEnumerable<(CaseTab, string)> Tabs =>
    [
        (CaseTab.Response, Detail is { MessageId: not null, Call: null } ? "Message" : "Response"),
        (CaseTab.Request, "Request"), (CaseTab.Attempts, $"Attempts {Attempt}"), (CaseTab.History, "History"),
    ];

    private string? WhyNoRetry => Detail!.Row switch
    {
        { State: "retrying" } => "It is being retried.",
        { IsOpen: false } => "It is closed.",
        { IsRetryable: false } => "The same id was used twice: a retry would be dropped again.",
        _ => null,
    };

    protected override async Task OnParametersSetAsync()
    {
        if (Detail is not { } detail || detail.Row.Id != CaseId)
        {
            return;
        }

        words = CaseWording.Words(detail, Reader);
        var wanted = (CaseId, Query.Tab);
        if (wanted != reading)
        {
            (reading, shown) = (wanted, null);
        }

        var found = !MayRead ? null : (detail.Call, Query.Tab) switch
        {
            ({ } call, CaseTab.Request) => (await Model.BodyAsync(call.Id))?.Request,
            ({ } call, CaseTab.Response) => (await Model.BodyAsync(call.Id))?.Response,
            (null, CaseTab.Response or CaseTab.Request) when detail.MessageId is not null => await Model.MessageAsync(),
            (null, CaseTab.Response) => detail.Message,
            _ => null,
        };
        // A body that comes late is of a case or a tab that is not in sight any more.
        if (wanted == reading)
        {
            shown = found;
        }
    }
}
