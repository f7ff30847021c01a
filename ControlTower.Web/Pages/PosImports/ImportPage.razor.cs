using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>One file: what became of its rows. The address says which page of the findings is shown.</summary>
public sealed partial class ImportPage
{
    private const int PageSize = 100;

    private static readonly IReadOnlyList<Crumb> Above = [new("POS imports", Links.Imports)];

    private PosFile? file;
    private IReadOnlyList<PosFinding> findings = [];

    [Parameter] public long Id { get; set; }

    [SupplyParameterFromQuery(Name = "page")] public int? Number { get; set; }
    [Inject] private PosFileStore Files { get; set; } = default!;

    private int Current => Math.Clamp(Number ?? 1, 1, 1_000);

    protected override Following Follows => new("The file", LiveTopics.Imports);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var (found, wrong) = (await Files.FindAsync(Id, cancel), await Files.FindingsAsync(Id, (Current - 1) * PageSize, PageSize, cancel));
        cancel.ThrowIfCancellationRequested();
        (file, findings) = (found, wrong);
    }

    private string Count(long count) => Say.Count(count, Viewer?.Culture);
}
