using ControlTower.Data.Accounts;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.CaseOwnership;

/// <summary>What stands in the form of a rule to add or to change; an empty word fits everything.</summary>
public sealed class RuleForm
{
    public long? Id { get; set; }

    public string Failure { get; set; } = "";

    public string Brand { get; set; } = "";

    public string Shop { get; set; } = "";

    public string Location { get; set; } = "";

    public string Target { get; set; } = "";

    public Guid Person { get; set; }

    public RuleScope Scope => new(Word(Failure), Word(Brand), Word(Shop), Word(Location), Word(Target));

    public static RuleForm Of(AssignmentRule rule) => new()
    {
        Id = rule.Id, Failure = rule.Scope.Failure ?? "", Brand = rule.Scope.Brand ?? "", Shop = rule.Scope.Shop ?? "", Location = rule.Scope.Location ?? "", Target = rule.Scope.Target ?? "",
        Person = rule.Assignee,
    };

    private static string? Word(string text) => text.Trim() is { Length: > 0 } word ? word : null;
}

/// <summary>A line of the preview: what one rule would do.</summary>
/// <param name="Rule">Null for the cases that no rule fits.</param>
public sealed record PreviewLine(int? Place, AssignmentRule? Rule, int Fits, int Moves);

/// <summary>Who gets which cases. Each write asks anew who acts, and names the version of the rules that was on the screen; a refusal comes back as a sentence.</summary>
public sealed class CaseOwnershipModel(AssignmentDesk desk, AccountStore accounts, CurrentActor actor)
{
    private const string Stale = "Somebody changed the rules meanwhile. Nothing of yours was done; what stands now is on the screen.";
    private const string NotPossible = "That is not possible any more. What stands now is on the screen.";

    // The rules that the preview was made by: only they may be run.
    private int previewed;

    public AssignmentRules? Rules { get; private set; }

    public RuleChoices Choices { get; private set; } = new([], [], [], []);

    /// <summary>Those who may work cases.</summary>
    public IReadOnlyList<CasePerson> People { get; private set; } = [];

    public async Task LoadAsync(CancellationToken cancel = default)
    {
        var rules = await desk.ListAsync(cancel);
        Choices = await desk.ChoicesAsync(cancel);
        People = [.. (await accounts.ListAsync(cancel)).Where(one => one.DisabledAt is null && Roles.May(one.Role, one.Finance, Permissions.ExceptionsRetry)).Select(one => new CasePerson(one.Id, one.Name))];
        Rules = rules;
    }

    /// <summary>What is wrong, or null when it is saved.</summary>
    public async Task<string?> SaveAsync(RuleForm form, CancellationToken cancel = default)
    {
        if (People.FirstOrDefault(one => one.Id == form.Person) is not { } person)
            return "Choose who gets these cases.";
        if (Problem(form.Scope) is { } problem)
            return problem;
        var by = await actor.MustAsync(Permissions.ExceptionsRules);
        return Say(form.Id is { } id ? await desk.ChangeAsync(id, form.Scope, person, Rules!.Version, by, cancel) : await desk.AddAsync(form.Scope, person, Rules!.Version, by, cancel));
    }

    public async Task<string?> DeleteAsync(long id, CancellationToken cancel = default) =>
        Say(await desk.DeleteAsync(id, Rules!.Version, await actor.MustAsync(Permissions.ExceptionsRules), cancel));

    public async Task<string?> MoveAsync(long id, bool up, CancellationToken cancel = default) =>
        Say(await desk.MoveAsync(id, up, Rules!.Version, await actor.MustAsync(Permissions.ExceptionsRules), cancel));

    /// <summary>What a run would do, in the order of the rules; the cases that none fits come last.</summary>
    public async Task<IReadOnlyList<PreviewLine>> PreviewAsync(bool byRule, CancellationToken cancel = default)
    {
        await LoadAsync(cancel);
        previewed = Rules!.Version;
        var shares = await desk.PreviewAsync(byRule, cancel);
        var lines = Rules!.Rules.Select((rule, at) => (Place: at + 1, Rule: rule, Share: shares.Find(share => share.Rule == rule.Id))).Where(line => line.Share is not null)
            .Select(line => new PreviewLine(line.Place, line.Rule, line.Share!.Fits, line.Share.Moves));
        return [.. lines, .. shares.Where(share => share.Rule is null).Select(share => new PreviewLine(null, null, share.Fits, 0))];
    }

    /// <summary>How many cases changed hands, or what is wrong.</summary>
    public async Task<(int Cases, string? Wrong)> RunAsync(bool byRule, IProgress<int>? progress = null, CancellationToken cancel = default)
    {
        var run = await desk.RunAsync(byRule, previewed, await actor.MustAsync(Permissions.ExceptionsRules), progress, cancel);
        return (run.Cases, run.Stale ? Stale : null);
    }

    /// <summary>A rule in words, such as "missing at Business Central EU, brand Northlane".</summary>
    public IReadOnlyList<(string Name, string Value)> Words(RuleScope scope) =>
    [
        .. new (string Name, string? Value)[]
        {
            ("Failure", scope.Failure is { } failure ? Kind(failure) : null), ("Brand", scope.Brand), ("Shop", Name(Choices.Shops, scope.Shop)), ("Location", Name(Choices.Locations, scope.Location)),
            ("Target", Name(Choices.Targets, scope.Target)),
        }.Where(part => part.Value is not null).Select(part => (part.Name, part.Value!)),
    ];

    public static string Kind(string failure) => Look.Tag(FailureWords.Kind(failure));

    private string? Problem(RuleScope scope) =>
        scope.Brand is { Length: > 60 } ? "A brand has at most 60 characters."
        : !Known(Choices.Shops, scope.Shop) || !Known(Choices.Targets, scope.Target) || !Known(Choices.Locations, scope.Location) ? "Choose from what is connected." : null;

    private static bool Known(IReadOnlyList<RuleChoice> choices, string? id) => id is null || choices.Any(choice => choice.Id == id);

    private static string? Name(IReadOnlyList<RuleChoice> choices, string? id) => id is null ? null : choices.FirstOrDefault(choice => choice.Id == id)?.Name ?? id;

    private static string? Say(RuleAnswer answer) => answer switch { RuleAnswer.Done => null, RuleAnswer.ChangedMeanwhile => Stale, _ => NotPossible };
}
