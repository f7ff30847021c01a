using System.Globalization;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>A rule as it stands in the form.</summary>
public sealed class RuleFields
{
    public string Domain { get; set; } = OwnershipDomains.Product;

    public string Field { get; set; } = "";

    public string Brand { get; set; } = "";

    public string Region { get; set; } = "";

    public string Channel { get; set; } = "";

    public string Store { get; set; } = "";

    public OwnershipKind Kind { get; set; }

    public OwnershipMode Mode { get; set; }

    public List<string> Owners { get; private set; } = [];

    public List<string> Adds { get; private set; } = [];

    public List<string> Blocked { get; private set; } = [];

    public bool IgnoreEmpty { get; set; } = true;

    /// <summary>Days, as typed; empty: never.</summary>
    public string Fades { get; set; } = "";

    /// <summary>The rule of exactly this data is taken away.</summary>
    public bool Removed { get; set; }

    /// <summary>Somebody said something about it: it is not filled from what is in force any more.</summary>
    public bool Touched { get; set; }

    public OwnershipRule Rule => new(
        Domain, Field, Brand.Trim(), Region.Trim(), Channel, Store.Trim(), Kind, Mode, [.. Owners], [.. Adds], [.. Blocked], IgnoreEmpty,
        // What is no number is refused as one that is out of bounds.
        Fades.Trim().Length == 0 ? null : int.TryParse(Fades, NumberStyles.None, CultureInfo.InvariantCulture, out var days) ? days : 0, Removed);

    public static RuleFields Of(OwnershipRule rule)
    {
        var fields = new RuleFields { Domain = rule.Domain, Field = rule.Field, Brand = rule.Brand, Region = rule.Region, Channel = rule.Channel, Store = rule.Store, Removed = rule.Removed, Touched = true };
        fields.Take(rule);
        return fields;
    }

    /// <summary>Fills it with what is in force for its data, unless somebody said something else.</summary>
    public void Fill(RuleBook book)
    {
        if (!Touched && book.For(Domain, Field, Brand.Trim(), Region.Trim(), Channel, Store.Trim()) is { Rule: var rule })
        {
            Take(rule);
        }
    }

    private void Take(OwnershipRule rule)
    {
        (Kind, Mode, Owners, Adds, Blocked) = (rule.Kind, rule.Mode, [.. rule.Owners], [.. rule.Adds], [.. rule.Blocked]);
        (IgnoreEmpty, Fades) = (rule.IgnoreEmpty, rule.FadesAfterDays?.ToString(CultureInfo.InvariantCulture) ?? "");
    }
}

/// <summary>A change as it stands in the form. Times are those of the stores' clock.</summary>
public sealed class DraftForm
{
    public string Title { get; set; } = "";

    public string Why { get; set; } = "";

    public DateTime? From { get; set; }

    public DateTime? Until { get; set; }

    public List<RuleFields> Rules { get; } = [];

    public static DraftForm Of(OwnershipChange change, TimeZoneInfo zone)
    {
        var form = new DraftForm { Title = change.Title, Why = change.Why, From = Wall(change.FromAt, zone), Until = Wall(change.UntilAt, zone) };
        form.Rules.AddRange(change.Rules.Select(RuleFields.Of));
        return form;
    }

    public OwnershipDraft Draft(TimeZoneInfo zone) => new(Title, Why, [.. Rules.Select(r => r.Rule)], From is { } from ? StoreTime.Of(from, zone) : null, Until is { } until ? StoreTime.Of(until, zone) : null);

    /// <summary>As a change that is tried, to see what it changes.</summary>
    public OwnershipChange Tried(DateTimeOffset now, TimeZoneInfo zone)
    {
        var draft = Draft(zone);
        return new OwnershipChange(0, Title, Why, OwnershipStates.Draft, draft.Rules, draft.From, draft.Until, null, "", now, null, null, null, null, null, null, null, null, null, null, 0);
    }

    private static DateTime? Wall(DateTimeOffset? at, TimeZoneInfo zone) => at is { } moment ? TimeZoneInfo.ConvertTime(moment, zone).DateTime : null;
}
