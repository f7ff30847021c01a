using System.Globalization;
using System.Text;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions.Repair;

/// <summary>
/// The document of one case, open for edit. What is typed is read a moment after typing stops and told at its field; the browser keeps the text, and it is fetched as a stream, because
/// a large document does not fit into a message of the circuit.
/// </summary>
public sealed partial class RepairEditor : ComponentBase, IDisposable
{
    private const string Field = "repair-text";

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(400);
    private static readonly DialogOptions Clean = new() { MaxWidth = MaxWidth.Medium, FullWidth = true, CloseOnEscapeKey = true, BackdropClick = false };

    // Escape does not throw away what somebody typed; Cancel does.
    private static readonly DialogOptions Unsaved = Clean with { CloseOnEscapeKey = false };

    private static readonly string[] LockedParts =
        [.. OrderSchema.Fields.Where(f => f.Locked is not null).Select(f => f.Path.StartsWith("lines[*].", StringComparison.Ordinal) ? f.Path : f.Path.Split('.', '[')[0]).Distinct(StringComparer.Ordinal)];

    private readonly CancellationTokenSource gone = new();
    private CancellationTokenSource typing = new();
    private RepairPaper? seen;
    private EditAnswer? answered;
    private IReadOnlyList<FieldProblem> problems = [];
    private IReadOnlyList<FieldChange> changes = [];
    private string start = "", text = "", numbers = "", reason = "";
    private int rows = 1;
    private bool dirty, noReason;

    /// <summary>The document; null closes the dialog.</summary>
    [Parameter] public RepairPaper? Paper { get; set; }

    /// <summary>What became of the last try to save.</summary>
    [Parameter] public EditAnswer? Answer { get; set; }
    [Parameter] public bool Busy { get; set; }
    [Parameter] public EventCallback<EditAsked> OnSave { get; set; }
    [Parameter] public EventCallback OnStartOver { get; set; }
    [Parameter] public EventCallback OnClose { get; set; }
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private Viewer Reader => Viewer ?? Shared.Viewer.Default;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        typing.Cancel();
        typing.Dispose();
    }

    protected override void OnParametersSet()
    {
        if (!ReferenceEquals(seen, Paper))
        {
            seen = Paper;
            start = text = Paper?.Text ?? "";
            (problems, changes, dirty, noReason) = ([], [], false, false);
            reason = Paper is null ? "" : reason;
            Count();
        }

        if (!ReferenceEquals(answered, Answer))
        {
            answered = Answer;
            if (Answer is EditAnswer.Refused refused)
            {
                problems = refused.Problems;
            }
        }
    }

    private string Standing(RepairPaper open) => open.Revision == 0 ? "" : $"It is revision {open.Revision}, by {open.By} at {(open.At is { } at ? Say.Clock(at, Reader.StoreZone) : Say.None)}.";

    private Task Changed(bool visible) => visible ? Task.CompletedTask : OnClose.InvokeAsync();

    private async Task KeyAsync(KeyboardEventArgs key)
    {
        if (key is { Key: "Enter", CtrlKey: true } or { Key: "Enter", MetaKey: true })
        {
            await SaveAsync();
        }
    }

    private async Task LaterAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        await typing.CancelAsync();
        typing.Dispose();
        typing = new CancellationTokenSource();
        var mine = typing.Token;
        try
        {
            await Task.Delay(Rest, Clock, mine);
            await ReadAsync();
        }
        catch (OperationCanceledException)
        {
            // Typed on.
        }
    }

    private async Task ReadAsync()
    {
        if (gone.IsCancellationRequested || Paper is not { Text: { } current } open || await FetchAsync() is not { } typed || typed == text)
        {
            return;
        }

        text = typed;
        var reading = OrderPaper.Read(text, current, open.Tolerance);
        (problems, changes, dirty) = (reading.Problems, reading.Changes, text != start);
        Count();
    }

    private async Task SaveAsync()
    {
        await ReadAsync();
        noReason = reason.Trim().Length < RepairDesk.ShortestReason;
        if (Paper is { } open && !noReason && problems.Count == 0 && !Busy)
        {
            await OnSave.InvokeAsync(new EditAsked(open.CaseId, open.Revision, text, reason.Trim()));
        }
    }

    /// <summary>What stands in the field; null if the browser did not answer. More than can be read is cut, which is then no JSON.</summary>
    private async Task<string?> FetchAsync()
    {
        try
        {
            await using var reference = await Js.InvokeAsync<IJSStreamReference>("ctList.bytes", gone.Token, Field);
            await using var stream = await reference.OpenReadStreamAsync(8 * OrderPaper.Largest, gone.Token);
            var buffer = new byte[OrderPaper.Largest + 1];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, gone.Token);
            // A browser may write line ends its own way.
            return Encoding.UTF8.GetString(buffer, 0, read).ReplaceLineEndings("\n");
        }
        catch (Exception error) when (error is JSException or JSDisconnectedException or ArgumentOutOfRangeException or TimeoutException or OperationCanceledException)
        {
            problems = error is ArgumentOutOfRangeException ? [new FieldProblem("", $"The document is larger than {OrderPaper.Largest / 1024} KB.")] : problems;
            return null;
        }
    }

    private void Count()
    {
        rows = text.Count(c => c == '\n') + 1;
        numbers = string.Join('\n', Enumerable.Range(1, rows).Select(n => n.ToString(CultureInfo.InvariantCulture)));
    }
}
