using System.Text.Json;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Orders, invoices and credit memos before they are posted: headers and lines as clients write them.</summary>
internal sealed class SalesDocuments(Company company)
{
    private Tables Tables => company.Tables;

    public static string? LinesOf(string set) => set switch
    {
        "salesOrders" => "salesOrderLines",
        "salesInvoices" => "salesInvoiceLines",
        "salesCreditMemos" => "salesCreditMemoLines",
        _ => null,
    };

    public static string HeaderOf(string lines) => lines switch { "salesOrderLines" => "salesOrders", "salesInvoiceLines" => "salesInvoices", _ => "salesCreditMemos" };

    public IReadOnlyList<BcRecord> Lines(BcRecord header) =>
        Tables.All(LinesOf(header.Entity.Set)!).Where(l => l.Ref("documentId") == header.Id).OrderBy(l => (int)l["sequence"]!).ToList();

    public BcRecord Create(BcChange change, string set, JsonElement body)
    {
        var header = Tables.New(set);
        BcBody.Apply(header, body, LinesOf(set));
        header["number"] = set switch
        {
            "salesOrders" => Tables.NextNumber(change, "S-ORD", 101001),
            "salesInvoices" => Tables.NextNumber(change, "S-INV", 102001),
            _ => Tables.NextNumber(change, "S-CR", 104001),
        };
        header["status"] = "Draft";
        foreach (var date in new[] { "orderDate", "invoiceDate", "creditMemoDate", "postingDate", "dueDate" }.Where(d => header.Entity.Field(d) is not null && header.Date(d) == DateOnly.MinValue)) header[date] = company.Today;
        SetCustomer(header, body);
        SetCurrency(header, body);
        if (company.Tax.IsSalesTax && header.Flag("pricesIncludeTax")) throw BcError.Dialog("The \"pricesIncludeTax\" cannot be set to true if VAT Calculation Type is Sales Tax.");
        if (header.Entity.Field("partialShipping") is not null) header["partialShipping"] = true;
        if (header.Entity.Field("remainingAmount") is not null) header["remainingAmount"] = 0m;
        var lines = new List<BcRecord>();
        if (body.TryGetProperty(LinesOf(set)!, out var given)) lines.AddRange(given.EnumerateArray().Select(line => NewLine(header, line, lines.Count + 1)));
        Keep(change, header, lines, "created");
        return header;
    }

    public void Update(BcChange change, BcRecord header, JsonElement body)
    {
        NeedDraft(header);
        BcBody.Apply(header, body, LinesOf(header.Entity.Set));
        if (body.TryGetProperty("customerId", out _) || body.TryGetProperty("customerNumber", out _)) SetCustomer(header, body);
        Keep(change, header, Lines(header).Select(l => l.Copy()).ToList(), "updated");
    }

    public BcRecord AddLine(BcChange change, BcRecord header, JsonElement body)
    {
        NeedDraft(header);
        var lines = Lines(header).Select(l => l.Copy()).ToList();
        var line = NewLine(header, body, lines.Count == 0 ? 1 : ((int)lines[^1]["sequence"]! / 10000) + 1);
        lines.Add(line);
        Keep(change, header, lines, "updated");
        return line;
    }

    public void UpdateLine(BcChange change, BcRecord header, BcRecord line, JsonElement body)
    {
        NeedDraft(header);
        BcBody.Apply(line, body, null);
        SetAmounts(header, line, body);
        Keep(change, header, Lines(header).Select(l => l.Id == line.Id ? line : l.Copy()).ToList(), "updated");
    }

    public void RemoveLine(BcChange change, BcRecord header, BcRecord line)
    {
        NeedDraft(header);
        Tables.Remove(change, line);
        Keep(change, header, Lines(header).Select(l => l.Copy()).ToList(), "updated");
    }

    public void Remove(BcChange change, BcRecord header)
    {
        if (header.Entity.Set != "salesOrders") NeedDraft(header);
        var lines = Lines(header);
        if (lines.Any(l => l.Entity.Field("shippedQuantity") is not null && l.Number("shippedQuantity") > l.Number("invoicedQuantity")))
        {
            throw BcError.Dialog($"You cannot delete the order line because it is associated with posted shipments that are not invoiced. Order {header.Text("number")}.");
        }

        foreach (var line in lines) Tables.Remove(change, line);
        Tables.Remove(change, header);
        if (header.Entity.Set == "salesOrders") change.Effects.Add(Posting.Describe(company, "order-deleted", header, lines));
    }

    private static void NeedDraft(BcRecord header)
    {
        if ((string)header["status"]! is not ("Draft" or "In_x0020_Review"))
        {
            throw BcError.Dialog(header.Entity.Set == "salesOrders"
                ? $"Status must be equal to 'Open'  in Sales Header: Document Type=Order, No.={header.Text("number")}. Current value is 'Released'."
                : "The action can be applied to a draft document only.");
        }
    }

    private void Keep(BcChange change, BcRecord header, List<BcRecord> lines, string kind)
    {
        SalesMath.Compute(company, header, lines);
        foreach (var line in lines) Tables.Save(change, line, "updated");
        // A line change is told as a change of its header.
        change.Touched.RemoveAll(t => t.Set == LinesOf(header.Entity.Set));
        Tables.Save(change, header, kind);
        if (kind == "created" && header.Entity.Set == "salesOrders") change.Effects.Add(Posting.Describe(company, "order-posted", header, lines));
    }

    private void SetCustomer(BcRecord header, JsonElement body)
    {
        var byId = body.TryGetProperty("customerId", out _) && header.Ref("customerId") != Guid.Empty ? Tables.Find("customers", header.Ref("customerId")) ?? throw BcError.Dialog("The sell-to customer cannot be found.") : null;
        var number = header.Text("customerNumber");
        var byNumber = body.TryGetProperty("customerNumber", out _) && number.Length > 0 ? Tables.By("customers", "number", number) ?? throw BcError.Dialog("The sell-to customer cannot be found.") : null;
        if (byId is null && byNumber is null) throw BcError.Dialog("A \"customerNumber\" or a \"customerId\" must be provided.");
        if (byId is not null && byNumber is not null && byId.Id != byNumber.Id) throw BcError.Dialog("The sell-to customer values do not match to a specific Customer.");
        var customer = byId ?? byNumber!;
        if ((string)customer["blocked"]! is "All" or "Invoice") throw Blocked(customer);
        header["customerId"] = customer.Id;
        header["customerNumber"] = customer.Text("number");
        header["customerName"] = customer.Text("displayName");
        header["billToName"] = customer.Text("displayName");
        header["billToCustomerId"] = customer.Id;
        header["billToCustomerNumber"] = customer.Text("number");
        if (header.Ref("paymentTermsId") == Guid.Empty) header["paymentTermsId"] = customer.Ref("paymentTermsId");
        foreach (var (field, from) in new[] { ("sellToAddressLine1", "addressLine1"), ("sellToCity", "city"), ("sellToCountry", "country"), ("sellToPostCode", "postalCode"), ("email", "email"), ("phoneNumber", "phoneNumber") })
        {
            if (header.Text(field).Length == 0) header[field] = customer.Text(from);
        }

        foreach (var part in new[] { "AddressLine1", "City", "Country", "PostCode" }.Where(p => header.Text("billTo" + p).Length == 0)) header["billTo" + part] = header.Text("sellTo" + part);
        if (header.Entity.Field("shipToName") is not null && header.Text("shipToName").Length == 0) header["shipToName"] = customer.Text("displayName");
    }

    public static BcError Blocked(BcRecord customer) => BcError.Dialog($"You cannot create this type of document when Customer {customer.Text("number")} is blocked with type {customer["blocked"]}.");

    private void SetCurrency(BcRecord header, JsonElement body)
    {
        var code = header.Text("currencyCode");
        var id = header.Ref("currencyId");
        if (code.Length == 0 && id != Guid.Empty) code = Tables.Find("currencies", id)?.Text("code") ?? throw BcError.Dialog("The \"currencyId\" does not match to a Currency.");
        if (code.Length == 0 && !body.TryGetProperty("currencyCode", out _)) code = Tables.Find("customers", header.Ref("customerId"))!.Text("currencyCode");
        if (code.Length == 0 || string.Equals(code, company.LocalCurrency, StringComparison.OrdinalIgnoreCase))
        {
            header["currencyCode"] = company.LocalCurrency;
            header["currencyId"] = Guid.Empty;
            return;
        }

        var currency = Tables.By("currencies", "code", code) ?? throw BcError.Dialog("The \"currencyCode\" does not match to a Currency.");
        header["currencyCode"] = currency.Text("code");
        header["currencyId"] = currency.Id;
    }

    private BcRecord NewLine(BcRecord header, JsonElement body, int place)
    {
        var line = Tables.New(LinesOf(header.Entity.Set)!);
        line["lineType"] = "Item";
        BcBody.Apply(line, body, null);
        line["documentId"] = header.Id;
        line["sequence"] = place * 10000;
        LineObjects.Resolve(company, line, body);
        SetAmounts(header, line, body);
        return line;
    }

    private void SetAmounts(BcRecord header, BcRecord line, JsonElement body)
    {
        if (line.Number("quantity") < 0 && header.Entity.Set == "salesOrders" && (string)line["lineType"]! == "Item") throw BcError.Dialog("The quantity must be positive for items on a sales order.");
        var decimals = company.Decimals(header.Text("currencyCode"));
        var gross = SalesMath.Round(line.Number("quantity") * line.Number("unitPrice"), decimals);
        if (body.TryGetProperty("discountPercent", out _) && !body.TryGetProperty("discountAmount", out _)) line["discountAmount"] = SalesMath.Round(gross * line.Number("discountPercent") / 100, decimals);
        else line["discountPercent"] = gross == 0 ? 0m : Math.Round(line.Number("discountAmount") * 100 / gross, 5);
        if (line.Number("discountAmount") > Math.Abs(gross)) throw BcError.Dialog("The discount amount must not exceed the line amount.");
        if (line.Number("discountAmount") != SalesMath.Round(line.Number("discountAmount"), decimals)) throw BcError.Dialog($"The discount amount has more decimals than {header.Text("currencyCode")} allows.");
        if (line.Entity.Field("shipQuantity") is not null)
        {
            if (!body.TryGetProperty("shipQuantity", out _)) line["shipQuantity"] = line.Number("quantity") - line.Number("shippedQuantity");
            if (!body.TryGetProperty("invoiceQuantity", out _)) line["invoiceQuantity"] = line.Number("quantity") - line.Number("invoicedQuantity");
        }

        if (line.Date("shipmentDate") == DateOnly.MinValue && (string)line["lineType"]! != "Comment") line["shipmentDate"] = company.Today;
    }
}
