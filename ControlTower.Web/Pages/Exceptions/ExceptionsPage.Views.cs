using ControlTower.Data.Views;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Views under a name, kept on the server: a person's own and the team's.</summary>
public sealed partial class ExceptionsPage
{
    private const string Screen = "exceptions";

    private IReadOnlyList<(SavedView View, ExceptionsQuery Query)> saved = [];
    private bool savingView;

    [Inject] private SavedViewStore SavedViews { get; set; } = default!;

    private IReadOnlyList<SavedView> Changeable => person is { } me ? [.. saved.Select(one => one.View).Where(view => view.MayChange(me.Actor()))] : [];

    private IEnumerable<FilterView> Saved => saved.Select((one, at) => new FilterView(
        $"saved-{one.View.Id}", one.View.Name, one.Query.Href(), query.SameListAs(one.Query), at < model.SavedCounts.Count ? model.SavedCounts[at].Count : null,
        at < model.SavedCounts.Count && model.SavedCounts[at].OrMore));

    private bool IsSaved => saved.Any(one => query.SameListAs(one.Query));

    private async Task ReadSavedAsync() => await model.CausesPanel.AskAsync(async () =>
    {
        saved = [.. (await SavedViews.ListAsync(Screen, Me, gone.Token)).Select(view => (view, ExceptionsQuery.Parse("?" + view.Query) with { Wrong = [] }))];
        model.Saved = [.. saved.Select(one => one.Query)];
    });

    private Task SaveViewAsync((string Name, bool Team) view) => GuardedAsync(async () =>
    {
        var actor = await Actor.MustAsync(view.Team ? Permissions.ExceptionsAssign : Permissions.ExceptionsRead);
        try
        {
            var refusal = await SavedViews.SaveAsync(Screen, view.Name, (query with { Case = null, Cause = null, Wrong = [] }).Href().Split('?') is [_, var text] ? text : "", view.Team, actor, gone.Token);
            savingView = refusal is not ViewRefusal.None;
            Tell(refusal is ViewRefusal.TooMany ? $"You have {SavedViewStore.Most} views here already; delete one first." : $"Saved as {view.Name.Trim()}.", refusal is ViewRefusal.None ? Severity.Success : Severity.Warning);
        }
        catch (ArgumentException refusal)
        {
            Tell(refusal.Message, Severity.Warning);
        }

        await ReadSavedAsync();
        await RefreshAsync();
    });

    private Task DeleteViewAsync(SavedView view) => GuardedAsync(async () =>
    {
        var refusal = await SavedViews.DeleteAsync(view.Id, await Actor.MustAsync(Permissions.ExceptionsRead), gone.Token);
        Tell(refusal is ViewRefusal.None ? $"{view.Name} was deleted." : "It is gone already, or it is somebody else's.", refusal is ViewRefusal.None ? Severity.Success : Severity.Warning);
        await ReadSavedAsync();
        await RefreshAsync();
    });
}
