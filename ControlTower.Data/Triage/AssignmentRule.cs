namespace ControlTower.Data.Triage;

/// <summary>Which cases a rule is about; what is null fits every case.</summary>
/// <param name="Failure">Failure kind as stored, such as <c>rate-limit</c>.</param>
/// <param name="Shop">The connection from which the document came.</param>
/// <param name="Location">Where goods of the order are reserved.</param>
/// <param name="Target">The connection that refused, or that sent what cannot be used.</param>
public sealed record RuleScope(string? Failure, string? Brand, string? Shop, string? Location, string? Target);

/// <summary>Who gets a case that nobody has, if no rule before this one fits it.</summary>
/// <param name="Away">The person may not sign in any more: the rule is passed over.</param>
public sealed record AssignmentRule(long Id, RuleScope Scope, Guid Assignee, string AssigneeName, bool Away);

/// <summary>The rules in their order. The version rises with each change of any of them.</summary>
public sealed record AssignmentRules(int Version, IReadOnlyList<AssignmentRule> Rules);

/// <summary>How many of the open cases a rule is the first to fit, and how many of them would change hands.</summary>
/// <param name="Rule">Null for the cases that no rule fits.</param>
public sealed record RuleShare(long? Rule, int Fits, int Moves);

/// <summary>What a rule can be about: connections and locations that exist, brands that orders or shops have.</summary>
public sealed record RuleChoices(IReadOnlyList<RuleChoice> Shops, IReadOnlyList<RuleChoice> Targets, IReadOnlyList<RuleChoice> Locations, IReadOnlyList<string> Brands);

public sealed record RuleChoice(string Id, string Name);
