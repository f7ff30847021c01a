using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>All batches there were, newest first.</summary>
public sealed partial class BatchesPage
{
    private const int PageLength = 50;

    private static readonly IReadOnlyList<Crumb> Above = [new("Exceptions", Links.Exceptions)];

    private IReadOnlyList<BatchRow> rows = [];
    private long? before;

    /// <summary>The list goes on behind this batch.</summary>
    [SupplyParameterFromQuery(Name = "before")] public string? BeforeText { get; set; }
    [Inject] private BatchQueries Batches { get; set; } = default!;

    protected override Following Follows => new("The list of batches", LiveTopics.Batches);

    protected override void Show(string uri) => before = long.TryParse(BeforeText, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Batches.ListAsync(before, PageLength, cancel);
        cancel.ThrowIfCancellationRequested();
        rows = found;
    }
}
