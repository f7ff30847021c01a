using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Who gets which breaks, and how long each kind may stay open.</summary>
public sealed partial class OwnersPanel : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private ReconOwnerRules list = new(0, []);
    private IReadOnlyList<ReconSla> slas = [];
    private IReadOnlyList<(Guid Id, string Name)> people = [];
    private IReadOnlyList<(string Id, string Name)> systems = [];
    private ReconOwnerMoves? asked;
    private DateTimeOffset? loaded;
    private string comparison = "";
    private string kind = "";
    private string source = "";
    private string owner = "";

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Parameter] public bool MayWrite { get; set; }
    [Inject] private ReconOwners Owners { get; set; } = default!;
    [Inject] private ReconOwnerDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<OwnersPanel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private IReadOnlyList<ReconOwnerRule> Rules => list.Rules;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (panel is null || loaded != At)
        {
            loaded = At;
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        panel ??= new PanelGuard("The owners of breaks", Clock, Log);
        await panel.AskAsync(async () =>
        {
            (list, slas) = (await Owners.RulesAsync(gone.Token), await Owners.SlasAsync(gone.Token));
            (people, systems) = (await Owners.PeopleAsync(gone.Token), await Owners.SystemsAsync(gone.Token));
        });
    }

    private string About(ReconOwnerRule rule)
    {
        var parts = new[]
        {
            rule.Comparison is { } compared ? ReconWords.Comparison(compared) : null, rule.Kind is { } of ? ReconWords.Kind(of) : null, Name(rule.Source), Name(rule.Books) is { } books ? $"books of {books}" : null,
        }.OfType<string>().ToList();
        return parts.Count == 0 ? "every break" : string.Join(", ", parts);
    }

    private string? Name(string? system) => system is null ? null : systems.FirstOrDefault(s => s.Id == system).Name ?? system;

    private static string Days(ReconSla sla) => ((int)sla.Within.TotalDays).ToString(CultureInfo.InvariantCulture);

    private async Task AddAsync()
    {
        var person = Guid.TryParse(owner, out var id) ? id : (Guid?)null;
        await SaveAsync([.. Rules, new ReconOwnerRule(Maybe(comparison), Maybe(kind), Maybe(source), null, person, person is null ? Maybe(owner) : null)], "The rule is added. It holds for breaks that open from now on.");
        if (Acts.Wrong is null)
        {
            (comparison, kind, source, owner) = ("", "", "", "");
        }
    }

    private Task MoveAsync(int at) => SaveAsync([.. Rules.Take(at - 1), Rules[at], Rules[at - 1], .. Rules.Skip(at + 1)], "Moved.");

    private Task DeleteAsync(int at) => SaveAsync([.. Rules.Where((_, place) => place != at)], "The rule is deleted. What it gave stays with whoever has it.");

    private Task SaveAsync(IReadOnlyList<ReconOwnerRule> rules, string done) => DoAsync(actor => Desk.SaveAsync(list.Version, rules, actor, gone.Token), _ => done);

    private Task WithinAsync(ReconSla sla, string? days) =>
        DoAsync(actor => Desk.WithinAsync(sla.Kind, RuleForm.Integer(days ?? "") ?? -1, actor, gone.Token), _ => "Saved. It holds for all that are open.");

    private Task AskRunAsync() => Acts.RunAsync(async () => asked = await Owners.MovesAsync(gone.Token));

    private async Task RunAsync()
    {
        await DoAsync(actor => Desk.RunAsync(list.Version, actor, gone.Token), count => $"{Say.Count(count, Viewer?.Culture)} {(count == 1 ? "break has" : "breaks have")} somebody new.");
        asked = Acts.Wrong is null ? null : asked;
    }

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task DoAsync(Func<Actor, Task<ReconAnswer>> act, Func<long, string> done) => Acts.RunAsync(async () =>
    {
        switch (await act(await Actor.MustAsync(Permissions.FinanceRules)))
        {
            case ReconAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
            case ReconAnswer.Done did:
                Snackbar.Add(done(did.Count), Severity.Success);
                break;
        }

        await LoadAsync();
    });

    private static string? Maybe(string text) => text.Length == 0 ? null : text;
}
