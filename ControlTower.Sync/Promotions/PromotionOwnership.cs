using ControlTower.Data.Ownership;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ownership;

namespace ControlTower.Sync.Promotions;

/// <summary>What the rules of ownership say of one kind of data that a release writes at a channel.</summary>
/// <param name="What">The data, in words.</param>
/// <param name="Owners">Who owns it, in words; empty: no rule says anything.</param>
/// <param name="Verdict">Of what the tower writes, as <see cref="Judgement.Verdict"/>.</param>
/// <param name="Rule">The change that decides, as people number it; 0: none.</param>
public sealed record PromotionOwnership(string Channel, string What, IReadOnlyList<string> Owners, string Verdict, int Rule)
{
    /// <param name="nameOf">A source of a rule, in words.</param>
    public static IEnumerable<PromotionOwnership> Of(RuleBook book, ConnectionProfile channel, bool atCheckout, bool withCompare, Func<string, string> nameOf)
    {
        string[] fields = atCheckout ? [OwnershipDomains.Offer] : withCompare ? ["price", "compare-at"] : ["price"];
        foreach (var field in fields)
        {
            var judgement = book.Judge(new OwnershipContext(OwnershipDomains.Price, field, channel.Brand, channel.Region ?? "", channel.Id, "", OwnershipSources.Tower));
            var owners = book.For(OwnershipDomains.Price, field, channel.Brand, channel.Region ?? "", channel.Id, "")?.Rule.Owners ?? [];
            // Whoever owns a price has said one, or there was nothing to reduce; an offer at the checkout is the tower's own and new.
            yield return new PromotionOwnership(channel.Name, OwnershipDomains.Find(OwnershipDomains.Price, field)!.Words.ToLowerInvariant(), [.. owners.Select(nameOf)], judgement.Verdict(ownerHasWord: !atCheckout), judgement.Number);
        }
    }
}
