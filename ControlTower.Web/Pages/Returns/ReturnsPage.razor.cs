using ControlTower.Data.Live;
using ControlTower.Data.Returns;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Returns;

/// <summary>The queue of returns by stage.</summary>
public sealed partial class ReturnsPage
{
    private const int PageSize = 60;

    private ReturnsQuery query = ReturnsQuery.All;
    private IReadOnlyList<ReturnRow> rows = [];
    private ReturnCursor? next;
    private long? current;

    [Inject] private ReturnQueries Queries { get; set; } = default!;

    private bool MayStart => Person?.May(Permissions.ReturnsStart) == true;

    private IReadOnlyList<FilterView> Views =>
        [.. ReturnsQuery.Views.Select(v => new FilterView(v.Key, v.Name, (ReturnsQuery.All with { View = v.Key, Text = query.Text }).Href(), query.View == v.Key))];

    private string EmptyText => query switch
    {
        { After: not null } => "No more returns.",
        { Text.Length: > 0 } => $"No return of this view is known by \"{query.Text}\".",
        { View: "attention" } => "No return needs somebody.",
        { View: "open" } => "No return is under way.",
        _ => "No return stands here.",
    };

    protected override Following Follows => new("The returns", LiveTopics.Flows | LiveTopics.Cases, Path: Links.Returns);

    protected override Keymap Hands() => new("Returns",
    [
        .. KeyBinding.Walk(MoveAsync), new("Enter", "open", OpenAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    protected override void Show(string uri) => (query, current) = (ReturnsQuery.Parse(uri), null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var page = await Queries.ListAsync(query.Filter, query.After, PageSize, cancel);
        cancel.ThrowIfCancellationRequested();
        (rows, next) = (page.Rows, page.Next);
    }

    private void Go(ReturnsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0)
        {
            current = rows.Step(row => row.Id == current, by).Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (current is { } id)
        {
            Navigation.NavigateTo(Links.Return(id));
        }

        return Task.CompletedTask;
    }
}
