using System.Xml.Linq;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>The line items of a transaction: goods, tax, money, rewards. A void line takes back an earlier one and both are gone.</summary>
internal sealed class PosLogItems
{
    private readonly List<PosLogLine> lines = [];
    private readonly List<PosLogTender> tenders = [];
    private readonly List<PosLogTax> loose = [];
    private readonly List<(string? Line, decimal Amount)> rewards = [];
    private readonly Dictionary<string, string> byOperator = new(StringComparer.Ordinal);
    private readonly List<PosLogFault> faults;
    private readonly Func<XElement, PosLogOrigin?> origin;

    public PosLogItems(XElement? retail, List<PosLogFault> faults, Func<XElement, PosLogOrigin?> origin)
    {
        (this.faults, this.origin) = (faults, origin);
        var number = 0;
        foreach (var item in retail.Parts("LineItem"))
        {
            number++;
            Read(item, item.Part("SequenceNumber").Text() ?? number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        foreach (var (line, amount) in rewards)
        {
            var at = line is not null && byOperator.TryGetValue(line, out var id) ? lines.FindIndex(l => l.Id == id) : -1;
            if (at >= 0)
            {
                lines[at] = lines[at] with { Reward = lines[at].Reward + amount };
            }
            else
            {
                LooseReward += amount;
            }
        }
    }

    public IReadOnlyList<PosLogLine> Lines => lines;

    public IReadOnlyList<PosLogTender> Tenders => tenders;

    public IReadOnlyList<PosLogTax> Loose => loose;

    public decimal LooseReward { get; private set; }

    public decimal Rounding { get; private set; }

    private void Read(XElement item, string id)
    {
        var isVoid = item.Flag("VoidFlag") || item.Flag("CancelFlag");
        foreach (var part in item.Elements())
        {
            switch (part.Name.LocalName)
            {
                case "Sale" or "Return":
                    Goods(part, id, isVoid);
                    break;
                case "Tax" when !isVoid:
                    loose.Add(Tax(part, exclusive: true));
                    break;
                case "Tender" when !isVoid:
                    Tender(part, id);
                    break;
                case "LoyaltyReward" when !isVoid:
                    Reward(part);
                    break;
            }
        }
    }

    private void Goods(XElement part, string id, bool isVoid)
    {
        var (amount, quantity) = (Amount(part, "ExtendedAmount"), part.Part("Quantity") is { } counted ? Number(counted) : 1m);
        var line = new PosLogLine(
            id, part.Name.LocalName == "Return", part.Part("ItemID").Text() ?? part.Part("POSIdentity").Part("POSItemID").Text(), part.Part("Description").Text(), quantity,
            (part.Part("RegularSalesUnitPrice") ?? part.Part("ActualSalesUnitPrice") ?? part.Part("SuggestedPrice")).Number(), amount,
            [.. part.Parts("Tax").Select(t => Tax(t, exclusive: false))], Of: origin(part));
        if (isVoid && amount >= 0 && quantity >= 0)
        {
            // The line itself is void: it is as if it were not there.
            return;
        }

        // NCR repeats the void line with its sign turned.
        if (isVoid)
        {
            var taken = lines.FindLastIndex(l => l.IsReturn == line.IsReturn && l.Sku == line.Sku && l.Amount == -amount && l.Quantity == -quantity);
            if (taken >= 0)
            {
                lines.RemoveAt(taken);
                return;
            }
        }

        if (part.Parts("OperatorSequence").FirstOrDefault().Text() is { } sequence)
        {
            byOperator[sequence] = id;
        }

        lines.Add(line);
    }

    private PosLogTax Tax(XElement part, bool exclusive)
    {
        bool? included = part.Part("TaxableAmount").Mark("TaxIncludedInTaxableAmountFlag") switch
        {
            "true" or "1" => true,
            "false" or "0" => false,
            _ => exclusive ? false : null,
        };
        return new PosLogTax(part.Part("TaxAuthority").Text() ?? part.Mark("TaxDescription") ?? part.Mark("TaxType") ?? "Tax", Amount(part, "Amount"), (part.Part("Percent").Number() ?? 0) / 100, included);
    }

    private void Tender(XElement part, string id)
    {
        if (part.Part("Rounding") is { } rounding)
        {
            Rounding += rounding.Mark("RoundingDirection") == "Down" ? -Number(rounding) : Number(rounding);
            if (part.Part("Amount") is null)
            {
                return;
            }
        }

        var amount = Amount(part, "Amount");
        // In NCR's dialect the change is a tender of its own, with the sign turned, and the element inside only repeats it.
        var change = amount >= 0 ? part.Parts("TenderChange").Sum(c => Amount(c, "Amount")) : 0;
        var back = part.Mark("TypeCode") is "Refund" or "Return";
        tenders.Add(new PosLogTender(id, part.Mark("TenderType") ?? part.Part("TenderID").Text() ?? "Other", (back ? -amount : amount) - change));
    }

    // Other rewards (points, messages, offers to come) change nothing of what is paid. Where NCR tells the details of one beside its sum, the sum counts.
    private void Reward(XElement part)
    {
        if (part.Mark("detailedData") is not null && !part.Flag("summarizedActivity"))
        {
            return;
        }

        if (part.Part("RewardCategory").Text() == "Monetary" && part.Part("ExtendedRewardAmount") is { } amount)
        {
            rewards.Add((part.Part("OperatorSequenceReference").Text(), -Number(amount)));
        }
    }

    private decimal Amount(XElement part, string name) => Number(part.Part(name) ?? part, part.Part(name) is null ? $"{name} is missing" : null);

    private decimal Number(XElement element, string? missing = null)
    {
        if (missing is null && element.Number() is { } number && number is > -1_000_000_000m and < 1_000_000_000m)
        {
            return number;
        }

        var (line, column) = PosLogElement.Place(element);
        faults.Add(new PosLogFault("amount", $"{missing ?? $"{element.Name.LocalName} is no number of a sensible size"}. Correct it and send the file again.", line, column));
        return 0;
    }
}
