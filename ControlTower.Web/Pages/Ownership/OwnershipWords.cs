using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>Rules, changes and writes in words and looks: one way for the whole room.</summary>
public static class OwnershipWords
{
    public static string Right(Stance? stance) => stance switch { Stance.Owns => "Owns", Stance.Adds => "Adds", Stance.Blocked => "Blocked", Stance.Reads => "Reads", _ => Say.None };

    public static (string Css, string Icon) LookOf(Stance stance) => stance switch
    {
        Stance.Owns => ("own", Icons.Material.Rounded.Star),
        Stance.Adds => ("con", Icons.Material.Rounded.Edit),
        Stance.Blocked => ("blk", Icons.Material.Rounded.Block),
        _ => ("rd", Icons.Material.Outlined.Visibility),
    };

    public static string Domain(string domain) => OwnershipDomains.Find(domain)?.Words ?? domain;

    public static string Field(string domain, string field) => field.Length == 0 ? "Whole domain" : OwnershipDomains.Find(domain, field)?.Words ?? field;

    /// <summary>What becomes of a write by one who does not own.</summary>
    public static string Mode(OwnershipMode mode) => mode switch
    {
        OwnershipMode.Enforce => "blocked, logged, sender told",
        OwnershipMode.Quarantine => "kept aside until a person decides",
        _ => "taken, and marked in the log",
    };

    public static string ModeShort(OwnershipMode mode) => mode switch { OwnershipMode.Enforce => "blocked", OwnershipMode.Quarantine => "kept aside", _ => "let through" };

    public static string Kind(OwnershipKind kind) => kind switch
    {
        OwnershipKind.Order => "the first that has a value",
        OwnershipKind.Last => "the one who wrote last",
        OwnershipKind.Frequent => "the value that most have",
        _ => "each within its own data",
    };

    public static (Status Status, string Word) State(OwnershipChange change, DateTimeOffset now) => change switch
    {
        { State: OwnershipStates.Draft } => (Status.Off, "Draft"),
        { State: OwnershipStates.Asked } => (Status.Wait, "Waits for approval"),
        { State: OwnershipStates.Rejected } => (Status.Blocked, "Rejected"),
        { State: OwnershipStates.Withdrawn } => (Status.Off, "Withdrawn"),
        { EndedAt: not null } => (Status.Off, "Ended"),
        { UntilAt: { } until } when until <= now => (Status.Off, "Over"),
        { HoldsFrom: { } from } when from > now => (Status.Wait, "Approved, to come"),
        _ => (Status.Ok, "In force"),
    };

    public static (Status Status, string Word) Verdict(OwnershipWrite write) => write switch
    {
        { SettledAs: "accepted" } => (Status.Ok, "Accepted"),
        { SettledAs: "refused" } => (Status.Blocked, "Refused"),
        _ => Verdict(write.Verdict),
    };

    public static (Status Status, string Word) Verdict(string verdict) => verdict switch
    {
        Judgement.Owned => (Status.Ok, "The owner's word"),
        Judgement.Filled => (Status.Ok, "Filled a gap"),
        Judgement.LetThrough => (Status.Warn, "Let through, marked"),
        Judgement.Quarantined => (Status.Held, "Waits for a person"),
        _ => (Status.Blocked, "Blocked"),
    };

    /// <summary>Whether a write has had its effect.</summary>
    public static bool IsTaken(OwnershipWrite write) => write.SettledAs is { } settled ? settled == "accepted" : Judgement.IsTaken(write.Verdict);

    /// <summary>A value as people write it.</summary>
    public static string Value(OwnershipContext where, string? value) => (where.Field, value) switch
    {
        (_, null or "") => "nothing",
        ("active", "true") => "sold",
        ("active", "false") => "not sold",
        _ when value.Split(' ') is [var amount, { Length: 3 } currency] && decimal.TryParse(amount, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) && currency.All(char.IsAsciiLetterUpper) => Say.Money(new Money(number, currency)),
        _ => value,
    };

    public static string Where(OwnershipRule rule, OwnershipScene scene)
    {
        var parts = new[] { rule.Store.Length > 0 ? $"store {rule.Store}" : "", rule.Channel.Length > 0 ? scene.NameOf(rule.Channel) : "", rule.Region, rule.Brand }.Where(part => part.Length > 0).ToList();
        return parts.Count == 0 ? "everywhere" : string.Join(", ", parts);
    }

    public static string Owners(OwnershipRule rule, OwnershipScene scene) =>
        rule.Removed ? "taken away" : string.Join(rule.Kind == OwnershipKind.Order ? ", then " : ", ", rule.Owners.Select(scene.NameOf));

    /// <summary>A moment in store time, to the minute, with its day.</summary>
    public static string Moment(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("ddd d MMM yyyy HH:mm", CultureInfo.InvariantCulture);

    public static string From(OwnershipChange change, TimeZoneInfo zone) => (change.HoldsFrom ?? change.FromAt) is { } from ? $"{Moment(from, zone)}, store time" : "its approval";

    public static string Until(OwnershipChange change, OwnershipScene scene, TimeZoneInfo zone) => (change.HoldsUntil, scene.Beneath(change)) switch
    {
        ({ } until, { } below) => $"{Moment(until, zone)}, then change {below.Number} again",
        ({ } until, _) => Moment(until, zone),
        _ => "changed",
    };

    public static string Others(OwnershipChange change) =>
        change.Rules.Where(r => !r.Removed).Select(r => Mode(r.Mode)).Distinct(StringComparer.Ordinal).ToList() is { Count: > 0 } modes ? string.Join("; or ", modes) : "as the rules below say";

    public static string Many(long count, string one, string many, CultureInfo? culture) => $"{Say.Count(count, culture)} {(count == 1 ? one : many)}";
}
