namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// Amounts of a sales document as the vendor computes them: tax per rate over the running total of the lines, so that the tax of the document is
/// exact for each rate and single lines may carry the odd cent. Prices that include tax keep the total to the cent.
/// </summary>
internal static class SalesMath
{
    public static void Compute(Company company, BcRecord header, IReadOnlyList<BcRecord> lines)
    {
        var decimals = company.Decimals(header.Text("currencyCode"));
        var inclusive = header.Flag("pricesIncludeTax");
        var gross = lines.Sum(l => Amount(l, decimals));
        var discount = Math.Min(header.Number("discountAmount"), gross);
        var left = discount;
        var running = new Dictionary<string, (decimal Base, decimal Tax, decimal NetBase, decimal NetTax)>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            var amount = Amount(line, decimals);
            var share = i == lines.Count - 1 ? left : gross == 0 ? 0 : Round(discount * amount / gross, decimals);
            left -= share;
            var rates = Rates(company, header, line);
            var key = string.Join('/', rates);
            var sums = running.GetValueOrDefault(key);
            var (excluding, tax) = Split(amount, sums.Base, sums.Tax, rates, inclusive, decimals);
            var (netExcluding, netTax) = Split(amount - share, sums.NetBase, sums.NetTax, rates, inclusive, decimals);
            running[key] = (sums.Base + amount, sums.Tax + tax, sums.NetBase + amount - share, sums.NetTax + netTax);
            line["taxPercent"] = rates.Sum();
            line["amountExcludingTax"] = excluding;
            line["totalTaxAmount"] = tax;
            line["amountIncludingTax"] = excluding + tax;
            line["invoiceDiscountAllocation"] = share;
            line["netAmount"] = netExcluding;
            line["netTaxAmount"] = netTax;
            line["netAmountIncludingTax"] = netExcluding + netTax;
        }

        header["discountAmount"] = discount;
        header["totalAmountExcludingTax"] = lines.Sum(l => l.Number("netAmount"));
        header["totalTaxAmount"] = lines.Sum(l => l.Number("netTaxAmount"));
        header["totalAmountIncludingTax"] = lines.Sum(l => l.Number("netAmountIncludingTax"));
    }

    public static decimal Amount(BcRecord line, int decimals) => Round(line.Number("quantity") * line.Number("unitPrice"), decimals) - line.Number("discountAmount");

    /// <summary>What this line adds to the tax of its rate, given the lines before it.</summary>
    private static (decimal Excluding, decimal Tax) Split(decimal amount, decimal before, decimal taxBefore, decimal[] rates, bool inclusive, int decimals)
    {
        var total = before + amount;
        if (inclusive)
        {
            var tax = total - Round(total / (1 + (rates.Sum() / 100)), decimals) - taxBefore;
            return (amount - tax, tax);
        }

        return (amount, rates.Sum(r => Round(total * r / 100, decimals)) - taxBefore);
    }

    private static decimal[] Rates(Company company, BcRecord header, BcRecord line)
    {
        if ((string)line["lineType"]! is "Comment") return [0];
        if ((string)line["lineType"]! is "Account" && line.Text("taxCode").Length == 0) return [0];
        var customer = company.Tables.Find("customers", header.Ref("customerId"));
        var area = customer is null ? null : company.Tables.Find("taxAreas", customer.Ref("taxAreaId"));
        var rates = company.Tax.Rates(area?.Text("code") ?? company.Tax.DefaultArea, customer?.Flag("taxLiable") ?? false, line.Text("taxCode"));
        return rates.Length == 0 ? [0] : rates;
    }

    public static decimal Round(decimal amount, int decimals) => Math.Round(amount, decimals, MidpointRounding.AwayFromZero);
}
