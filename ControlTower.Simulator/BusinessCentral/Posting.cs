using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Turns orders into shipments and invoices, and drafts into posted documents. What it writes is never changed again but for payment.</summary>
internal sealed class Posting(Company company)
{
    private Tables Tables => company.Tables;

    public static Effect Describe(Company company, string kind, BcRecord header, IEnumerable<BcRecord> lines, string? follows = null) => new()
    {
        System = company.SystemId,
        Kind = kind,
        Id = header.Id.ToString(),
        Number = header.Text("number"),
        ExternalDocumentNumber = header.Text("externalDocumentNumber"),
        Follows = follows,
        Customer = header.Text("customerNumber"),
        Currency = header.Text("currencyCode"),
        Amount = header.Entity.Field("totalAmountIncludingTax") is null ? 0 : header.Number("totalAmountIncludingTax"),
        Tax = header.Entity.Field("totalTaxAmount") is null ? 0 : header.Number("totalTaxAmount"),
        Lines = lines.Select(l => new EffectLine(
            l.Text("lineObjectNumber"), l.Number("quantity"), l.Number("unitPrice"),
            l.Entity.Field("netAmountIncludingTax") is null ? 0 : l.Number("netAmountIncludingTax"),
            l.Entity.Field("netTaxAmount") is null ? 0 : l.Number("netTaxAmount"))).ToList(),
    };

    /// <summary>Ships what the lines say is to be shipped. Nothing to ship is an error.</summary>
    public BcRecord Ship(BcChange change, BcRecord order)
    {
        order = order.Copy();
        Blocked(order, "Ship");
        var lines = new SalesDocuments(company).Lines(order).Select(l => l.Copy()).ToList();
        var going = lines.Where(l => (string)l["lineType"]! != "Comment" && l.Number("shipQuantity") != 0).ToList();
        if (going.Count == 0) throw BcError.Dialog("There is nothing to post.");
        var shipment = Tables.New("salesShipments").Inherit(order);
        shipment["number"] = Tables.NextNumber(change, "PS-SHPT", 102001);
        shipment["orderNumber"] = order.Text("number");
        shipment["invoiceDate"] = shipment["dueDate"] = shipment["postingDate"] = company.Today;
        var shipped = new List<BcRecord>();
        foreach (var line in going)
        {
            var quantity = line.Number("shipQuantity");
            if (quantity > line.Number("quantity") - line.Number("shippedQuantity")) throw BcError.Dialog($"You cannot ship more than {line.Number("quantity") - line.Number("shippedQuantity")} units.");
            var row = Tables.New("salesShipmentLines").Inherit(line);
            row["documentId"] = shipment.Id;
            row["documentNo"] = shipment.Text("number");
            row["lineType"] = (string)line["lineType"]! == "Account" ? "G_x002F_L_x0020_Account" : "Item";
            row["quantity"] = quantity;
            Tables.Save(change, row, "created");
            shipped.Add(row);
            TakeStock(change, line, quantity);
            line["shippedQuantity"] = line.Number("shippedQuantity") + quantity;
            line["shipQuantity"] = line.Number("quantity") - line.Number("shippedQuantity");
            Tables.Save(change, line, "updated");
        }

        order["fullyShipped"] = lines.All(l => l.Number("shippedQuantity") == l.Number("quantity"));
        order["status"] = "Open";
        Tables.Save(change, shipment, "created");
        Tables.Save(change, order, "updated");
        change.Effects.Add(Describe(company, "order-shipped", shipment, shipped, order.Text("number")));
        return shipment;
    }

    /// <summary>Invoices what was shipped and not yet invoiced. An order that is through is deleted, as the vendor does.</summary>
    public BcRecord Invoice(BcChange change, BcRecord order)
    {
        Blocked(order, "Invoice");
        var lines = new SalesDocuments(company).Lines(order).Select(l => l.Copy()).ToList();
        var invoice = Tables.New("salesInvoices").Inherit(order);
        invoice["number"] = Tables.NextNumber(change, "PS-INV", 103001);
        invoice["orderId"] = order.Id;
        invoice["orderNumber"] = order.Text("number");
        invoice["status"] = "Open";
        invoice["invoiceDate"] = invoice["dueDate"] = invoice["postingDate"] = company.Today;
        var rows = new List<BcRecord>();
        foreach (var line in lines.Where(l => (string)l["lineType"]! != "Comment"))
        {
            var quantity = Math.Min(line.Number("invoiceQuantity"), line.Number("shippedQuantity") - line.Number("invoicedQuantity"));
            if (quantity == 0) continue;
            var row = Tables.New("salesInvoiceLines").Inherit(line);
            row["documentId"] = invoice.Id;
            row["quantity"] = quantity;
            if (quantity != line.Number("quantity")) row["discountAmount"] = SalesMath.Round(line.Number("discountAmount") * quantity / line.Number("quantity"), company.Decimals(order.Text("currencyCode")));
            rows.Add(row);
            line["invoicedQuantity"] = line.Number("invoicedQuantity") + quantity;
            line["invoiceQuantity"] = line.Number("quantity") - line.Number("invoicedQuantity");
        }

        if (rows.Count == 0) throw BcError.Dialog("There is nothing to post.");
        SalesMath.Compute(company, invoice, rows);
        invoice["remainingAmount"] = invoice.Number("totalAmountIncludingTax");
        foreach (var row in rows) Tables.Save(change, row, "created");
        Tables.Save(change, invoice, "created");
        change.Touched.RemoveAll(t => t.Set is "salesInvoiceLines");
        GeneralLedger.BookSale(company, change, invoice, credit: false);
        change.Effects.Add(Describe(company, "order-invoiced", invoice, rows, order.Text("number")));
        if (lines.All(l => l.Number("invoicedQuantity") == l.Number("quantity") || (string)l["lineType"]! == "Comment"))
        {
            foreach (var line in lines) Tables.Remove(change, line);
            Tables.Remove(change, order);
        }
        else
        {
            foreach (var line in lines) Tables.Save(change, line, "updated");
            Tables.Save(change, order.Copy(), "updated");
        }

        return invoice;
    }

    public BcRecord ShipAndInvoice(BcChange change, BcRecord order)
    {
        var lines = new SalesDocuments(company).Lines(order);
        if (lines.Any(l => l.Number("shipQuantity") != 0)) Ship(change, order);
        return Invoice(change, Tables.Find("salesOrders", order.Id)!);
    }

    /// <summary>Posts a draft invoice or credit memo; it keeps its id and gets its final number.</summary>
    public void PostDraft(BcChange change, BcRecord draft)
    {
        var lines = new SalesDocuments(company).Lines(draft);
        if ((string)draft["status"]! != "Draft") throw BcError.Dialog($"The action can be applied to a draft {(draft.Entity.Set == "salesInvoices" ? "invoice" : "credit memo")} only.");
        if (lines.Count == 0) throw BcError.Dialog(draft.Entity.Set == "salesInvoices" ? "There is nothing to post." : "Please add at least one line item to the credit memo.");
        var posted = draft.Copy();
        var invoice = draft.Entity.Set == "salesInvoices";
        posted["number"] = Tables.NextNumber(change, invoice ? "PS-INV" : "PS-CR", invoice ? 103001 : 105001);
        posted["status"] = "Open";
        if (invoice) posted["remainingAmount"] = posted.Number("totalAmountIncludingTax");
        foreach (var line in lines) TakeStock(change, line, invoice ? line.Number("quantity") : -line.Number("quantity"));
        if (!invoice && Tables.Find("salesInvoices", posted.Ref("invoiceId")) is { } corrected)
        {
            var credited = corrected.Copy();
            credited["remainingAmount"] = Math.Max(0, corrected.Number("remainingAmount") - posted.Number("totalAmountIncludingTax"));
            Tables.Save(change, credited, "updated");
        }

        Tables.Save(change, posted, "updated");
        GeneralLedger.BookSale(company, change, posted, credit: !invoice);
        change.Effects.Add(Describe(company, invoice ? "invoice-posted" : "credit-memo-posted", posted, lines, invoice ? null : posted.Text("invoiceNumber")));
    }

    /// <summary>A draft credit memo that is a copy of a posted invoice: header, lines, and the invoice's external document number.</summary>
    public BcRecord Correct(BcChange change, BcRecord invoice)
    {
        if ((string)invoice["status"]! is "Draft" or "In_x0020_Review") throw BcError.Dialog("The invoice must be posted before it can be corrected.");
        Blocked(invoice, "Invoice");
        var memo = Tables.New("salesCreditMemos").Inherit(invoice);
        memo["number"] = Tables.NextNumber(change, "S-CR", 104001);
        memo["status"] = "Draft";
        memo["creditMemoDate"] = memo["postingDate"] = memo["dueDate"] = company.Today;
        if (invoice.Number("remainingAmount") > 0)
        {
            // A closed invoice is not applied to.
            memo["invoiceId"] = invoice.Id;
            memo["invoiceNumber"] = invoice.Text("number");
        }

        var lines = Tables.All("salesInvoiceLines").Where(l => l.Ref("documentId") == invoice.Id).OrderBy(l => (int)l["sequence"]!).Select(l =>
        {
            var line = Tables.New("salesCreditMemoLines").Inherit(l);
            line["documentId"] = memo.Id;
            return line;
        }).ToList();
        SalesMath.Compute(company, memo, lines);
        foreach (var line in lines) Tables.Save(change, line, "created");
        change.Touched.RemoveAll(t => t.Set is "salesCreditMemoLines");
        Tables.Save(change, memo, "created");
        return memo;
    }

    private void Blocked(BcRecord order, string step)
    {
        var customer = Tables.Find("customers", order.Ref("customerId"));
        if (customer is not null && ((string)customer["blocked"]! == "All" || (string)customer["blocked"]! == step)) throw SalesDocuments.Blocked(customer);
    }

    private void TakeStock(BcChange change, BcRecord line, decimal quantity)
    {
        if (Tables.Find("items", line.Ref("itemId")) is not { } item || (string)item["type"]! != "Inventory") return;
        var next = item.Copy();
        next["inventory"] = item.Number("inventory") - quantity;
        Tables.Save(change, next, "updated");
    }
}
