using ControlTower.Data.Exports;
using ControlTower.Data.Live;
using ControlTower.Sync.Exports;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Exports;

/// <summary>The exports of whoever looks. What they may not read any more is not listed.</summary>
public sealed partial class ExportsPage
{
    private IReadOnlyList<Crumb> Above => Person?.May(Permissions.ExceptionsRead) == true ? [new("Exceptions", Links.Exceptions)] : [];

    private IReadOnlyList<ExportRow> rows = [];
    private string? said;

    [Inject] private ExportStore Exports { get; set; } = default!;
    [Inject] private ExportDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    protected override Following Follows => new("The list of your exports", LiveTopics.Exports);

    protected override bool Asks => Person is not null;

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var (person, listed) = (Person!, await Exports.ListAsync(Person!.AccountId, cancel));
        cancel.ThrowIfCancellationRequested();
        rows = [.. listed.Where(row => person.May(ExportWords.PermissionOf(row.Kind)))];
    }

    private async Task CancelAsync(ExportRow row)
    {
        await Acts.RunAsync(async () =>
            said = await Desk.CancelAsync(row, await Actor.MustAsync(ExportWords.PermissionOf(row.Kind)), CancellationToken.None) ?? $"{row.Name} is cancelled.");
        said = Acts.Wrong ?? said;
        await LoadAsync();
    }
}
