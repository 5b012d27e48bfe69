"""The mail of the contract, and a drawing to send with it."""

CONTRACT = {
    "recipient": "user@example.com",
    "subject": "Your order is ready",
    "template": "order_complete",
}


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20mm" height="10mm" viewBox="0 0 20 10">\
<path d="M2 2L18 8" fill="none" stroke="black"/></svg>'
