using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What the steps of a plan share: the form, what is wrong with it, and what it may choose from.</summary>
public sealed class PlanEditor
{
    public PlanDraft Draft { get; set; } = new();

    /// <summary>Null: it is not stored yet.</summary>
    public PromotionView? View { get; set; }

    public IReadOnlyList<PromotionTarget> Targets { get; set; } = [];

    public IReadOnlyList<PromotionStore> Stores { get; set; } = [];

    public IReadOnlyList<KnownPriceList> PriceLists { get; set; } = [];

    public IReadOnlyList<PlanProblem> Problems { get; set; } = [];

    /// <summary>Why nothing can be typed; null: it can.</summary>
    public string? ReadOnly { get; set; }

    public bool CanEdit => ReadOnly is null;

    /// <summary>Typed since it was stored or read.</summary>
    public bool Changed { get; private set; }

    /// <summary>The connections that are chosen and known, in the order of the list.</summary>
    public IEnumerable<PromotionTarget> Chosen => Targets.Where(t => Draft.Connections.Contains(t.Id));

    /// <summary>Price lists of the channels that are chosen.</summary>
    public IEnumerable<KnownPriceList> Lists => PriceLists.Where(l => Chosen.Any(t => t.Id == l.ConnectionId && t.Can.HasFlag(PriceAbilities.PriceLists)));

    /// <summary>Currencies that the chosen channels and price lists sell in.</summary>
    public IReadOnlyList<string> Currencies => [.. Chosen.Where(t => !Draft.PriceLists.Any(l => l.Connection == t.Id)).Select(t => t.Currency).OfType<string>().Concat(Lists.Where(l => Draft.PriceLists.Contains(new PlanPriceList(l.ConnectionId, l.List))).Select(l => l.Currency)).Concat(Draft.Amounts.Where(a => a.Value.Length > 0).Select(a => a.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public event Action? OnChange;

    /// <summary>A key was struck in a field: the field itself is taken over when it is left.</summary>
    public void Typed() => Changed = true;

    /// <summary>The draft was changed.</summary>
    public void Touch()
    {
        Changed = true;
        OnChange?.Invoke();
    }

    /// <summary>Stages that nobody touched follow the channels: where an ERP is among them, it has the prices before the others show them.</summary>
    public void StageByRole()
    {
        var erps = Chosen.Where(t => t.Role == SystemRole.Erp).Select(t => t.Id).ToList();
        if (Draft.Stages is [{ IsOpen: true }] or [{ IsErps: true }, { IsOpen: true }])
        {
            Draft.Stages.RemoveRange(0, Draft.Stages.Count - 1);
            if (erps.Count > 0 && Chosen.Any(t => t.Role != SystemRole.Erp))
            {
                Draft.Stages.Insert(0, StageDraft.Erps(erps));
            }
        }
    }

    public void Loaded(PlanDraft draft) => (Draft, Changed, Problems) = (draft, false, []);

    public IEnumerable<string> Wrong(string field) => Problems.Where(p => p.Field == field || p.Field.StartsWith(field + ".", StringComparison.Ordinal)).Select(p => p.Message);

    public IEnumerable<PlanProblem> WrongIn(PlanStep step) => Problems.Where(p => PlanQuery.Of(p.Field) == step);
}
